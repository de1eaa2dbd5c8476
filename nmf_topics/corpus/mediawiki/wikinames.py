"""Names with a meaning in MediaWiki: namespaces of files and categories in many languages, other wikis, and tags.

Namespaces have the names that the Wikipedias use or have used; the English names work in every language.
"""

from __future__ import annotations

FILES = frozenset(
    "aafbeilding|afbeelding|archivo|archivu|arkivo|arquivo|attēls|barkas|beeld|beld|belld|berkas|bestaand|"
    "bestand|bild|bilde|billede|chitro|coadan|dataja|datei|datoteka|delwedd|dosiero|dosya|faidhle|fail|faili|"
    "fasciculus|fayl|faýl|fexeiro|ficheiro|ficheru|fichier|fichièr|fichiér|fichye|fiila|fil|file|fitxategi|"
    "fitxer|fiùra|fişier|fișier|fájl|fáìlì|gambar|grafika|hình|imachen|image|imagem|imagen|imagine|imahen|imaj|"
    "imajo|imatge|imaxe|imaxen|imej|immaggine|immagine|immàgini|imàjine|imådje|irudi|kuva|kép|ladawan|lêer|magod|"
    "mmàggini|mynd|obrázok|ofbeelding|ofbyld|papeles|payl|paypay|pilt|plaetje|plik|resim|restr|restren|rikcha|"
    "räsem|skeda|skeudenn|slika|soubor|swret|súbor|talaksan|tasvir|tiedosto|tập tin|usòrò|vaizdas|wobraz|wêne|"
    "àwòrán|ákwúkwó orünotu|émâge|íomhá|òbrôzk|şəkil|αρχείο|εικόνα|акс|афаил|билэ|выява|датотека|зображення|"
    "зураг|изображение|картинка|ныв|ойуу|податотека|рәсем|слика|сурет|сурт|файл|хlум|ӳкерчĕк|պատկեր|בילד|טעקע|"
    "קובץ|תמונה|انځور|تصویر|دوتنه|سۋرەت|صورة|عڪس|فائل|فایل|ملف|پرونده|پەڕگە|ھۆججەت|किपा|चित्र|चित्रं|चित्रम्|"
    "फाइल|सञ्चिका|চিত্র|চিত্ৰ|ਤਸਵੀਰ|ચિત્ર|ଫାଇଲ|படிமம்|దస్త్రం|ఫైలు|బొమ్మ|ಚಿತ್ರ|ചിത്രം|പ്ര|പ്രമാണം|ගොනුව|රූපය|ภาพ|"
    "ไฟล์|ຮູບ|ဖိုင်|სურათი|ფაილი|ስዕል|ፋይል|រូបភាព|ឯកសារ|ファイル|图像|图片|圖像|圖片|文件|档案|檔案|画像|그림|파일|"
    "𐍆𐌴𐌹𐌻𐌰".split("|")
)
CATEGORIES = frozenset(
    "bólkur|catadorie|catagóir|categoreye|categori|categoria|categorie|category|categorìa|categoría|categorîa|"
    "categuria|categurìa|catigurìa|catègorie|catégorie|flokkur|jamii|kaarangay|kategooria|kategori|kategoria|"
    "kategorie|kategoriija|kategorija|kategorio|kategoriya|kategoriýa|kategory|kategorya|kategoryjo|kategorî|"
    "kategòrëjô|kategória|katejori|kateqoriya|katiguriya|kattegerie|kattejori|kaurian|luokka|roinn-seòrsa|ronney|"
    "rummad|saachjrop|saachjropp|saachjrupp|sachjrop|sanat|shopni|sokajy|thể loại|turkum|törkem|ébéonọr|"
    "ñemohenda|òtù|κατηγορία|акатегориа|ангилал|гурӯҳ|кадегар|категори|категория|категорија|категорія|катэгорыя|"
    "санат|тоба|төркем|төркөм|կատեգորիա|קאַטעגאָריע|קאטעגאריע|קטגוריה|تصنيف|تۈر|رده|زمرو|زمرہ|سانات|وېشنيزه|پۆل|"
    "گٹھ|पुचः|वर्ग|वर्गः|श्रेणी|বিষয়শ্রেণী|শ্রেণী|শ্ৰেণী|ਸ਼੍ਰੇਣੀ|શ્રેણી|ବିଭାଗ|ଶ୍ରେଣୀ|பகுப்பு|వర్గం|ವರ್ಗ|വിഭാഗം|"
    "വർഗ്ഗം|ප්‍රවර්ගය|หมวดหมู่|ໝວດ|ကဏ္ဍ|კატეგორია|መደብ|ចំណាត់ក្រុម|ចំណាត់ថ្នាក់ក្រុម|ចំនាត់ថ្នាក់ក្រុម|ẹ̀ka|"
    "カテゴリ|分类|分類|분류|𐌷𐌰𐌽𐍃𐌰".split("|")
)
# language codes of Wikipedias, the prefixes of links to other languages
LANGUAGES = frozenset(
    "aa ab ace ady af ak als am an ang ar arc ary arz as ast atj av avk awa ay az azb ba ban bar bat-smg bcl be "
    "be-tarask be-x-old bg bh bi bjn bm bn bo bpy br bs bug bxr ca cbk-zam cdo ce ceb ch cho chr chy ckb co cr crh "
    "cs csb cu cv cy da de din diq dsb dty dv dz ee el eml en eo es et eu ext fa ff fi fiu-vro fj fo fr frp frr "
    "fur fy ga gag gan gcr gd gl glk gn gom gor got gu gv ha hak haw he hi hif ho hr hsb ht hu hy hyw hz ia id ie "
    "ig ii ik ilo inh io is it iu ja jam jbo jv ka kaa kab kbd kbp kg ki kj kk kl km kn ko koi kr krc ks ksh ku kv "
    "kw ky la lad lb lbe lez lfn lg li lij lld lmo ln lo lrc lt ltg lv mai map-bms mdf mg mh mhr mi min mk ml mn "
    "mnw mr mrj ms mt mus mwl my myv mzn na nah nap nds nds-nl ne new ng nl nn no nov nqo nrm nso nv ny oc olo om "
    "or os pa pag pam pap pcd pdc pfl pi pih pl pms pnb pnt ps pt qu rm rmy rn ro roa-rup roa-tara ru rue rw sa "
    "sah sat sc scn sco sd se sg sh si simple sk sl sm smn sn so sq sr srn ss st stq su sv sw szl szy ta tcy te "
    "tet tg th ti tk tl tn to tpi tr ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls vo wa war wo wuu xal xh "
    "xmf yi yo za zea zh zh-classical zh-min-nan zh-yue zu".split()
)
# elements without prose, which are removed with their contents
WITHOUT_PROSE = (
    "ref references math chem ce gallery score timeline syntaxhighlight source pre graph mapframe maplink "
    "templatedata templatestyles indicator inputbox imagemap hiero categorytree includeonly style script section "
    "charinsert rss dynamicpagelist languages rp"
).split()
# tags that end a line
BLOCKS = (
    "p br hr blockquote center ul ol li dl dt dd h1 h2 h3 h4 h5 h6 tr th td caption poem noinclude onlyinclude"
).split()
# tags within a line
INLINE = (
    "a abbr b bdi bdo big cite code data del dfn em font i ins kbd mark nobr q rb rt ruby rtc s samp small span "
    "strike strong sub sup time tt u var wbr nowiki phonos img tbody thead tfoot col colgroup tvar translate"
).split()
# boxes next to the prose, which MediaWiki's text extracts leave out, too
BOXES = ("div", "table")
