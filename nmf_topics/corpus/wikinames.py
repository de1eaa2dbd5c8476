"""Names that MediaWiki knows in many languages: namespaces of files and categories, other wikis, tags.

The names of namespaces are those that the Wikipedias of these languages use, old ones included; English ones are
understood everywhere.
"""

from __future__ import annotations

FILES = frozenset(
    "file|image|datei|bild|fichier|image|archivo|imagen|ficheiro|imagem|arquivo|immagine|bestand|afbeelding|plik|"
    "grafika|файл|изображение|зображення|выява|fil|ファイル|画像|文件|檔案|档案|圖像|图像|圖片|图片|ملف|صورة|"
    "soubor|obrázok|súbor|tiedosto|kuva|fájl|kép|dosya|resim|fișier|fişier|imagine|imatge|fitxer|tập tin|hình|파일|"
    "그림|קובץ|תמונה|پرونده|تصویر|فایل|ไฟล์|ภาพ|berkas|gambar|slika|datoteka|датотека|слика|картинка|αρχείο|εικόνα|"
    "चित्र|चित्र|file|dosiero|fitxategi|irudi|pilt|fail|attēls|vaizdas|mynd|billede|lêer|beeld|delwedd|íomhá|skrá|"
    "imaxe|imaje|փայտ|պատկեր|სურათი|ფაილი|сүрет|şəkil|fayl|skeudenn|padomoù|restr".split("|")
)
CATEGORIES = frozenset(
    "category|kategorie|catégorie|categoría|categoria|categorie|kategoria|категория|категорія|катэгорыя|kategori|"
    "カテゴリ|分类|分類|تصنيف|luokka|kategória|kategooria|kategorija|категорија|thể loại|분류|קטגוריה|رده|หมวดหมู่|"
    "κατηγορία|श्रेणी|kategorio|flokkur|catégourie|rummad|catagóir|categoría|կատեգորիա|კატეგორია|kateqoriya|санат|"
    "turkum|kategoriýa|kategory|kategoriija|categori|snid|bólkur".split("|")
)
# codes of Wikipedias, which are the prefixes of links to other languages
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
# elements that hold no prose: what stands between their tags goes with them
WITHOUT_PROSE = (
    "ref references math chem ce gallery score timeline syntaxhighlight source pre graph mapframe maplink "
    "templatedata templatestyles indicator inputbox imagemap hiero categorytree includeonly style script section "
    "charinsert rss dynamicpagelist languages rp"
).split()
# tags that end a line
BLOCKS = (
    "p br hr blockquote center ul ol li dl dt dd h1 h2 h3 h4 h5 h6 tr th td caption poem noinclude onlyinclude"
).split()
# tags that stand inside a line
INLINE = (
    "a abbr b bdi bdo big cite code data del dfn em font i ins kbd mark nobr q rb rt ruby rtc s samp small span "
    "strike strong sub sup time tt u var wbr nowiki phonos img tbody thead tfoot col colgroup tvar translate"
).split()
# boxes beside the prose: MediaWiki's own extracts leave them out, too
BOXES = ("div", "table")
