"""Stop words of languages other than English: the lists of the package stopwordsiso, with corrections.

The lists vary in quality. Some contain content words (the Russian one has man, woman, war, city, Moscow), others lack
function words that half of all pages have. For the larger languages, the lists were compared with the words on a fifth
or more of the pages of real texts: content words were removed from the lists, and general words were added. Entries of
several words are ignored, because their words need not be stop words on their own. Texts in every language quote
English titles, so "the" and "of" are in every list. `bench/languages.py widespread` prints the words for this
comparison.

Japanese function words are given in the dictionary form that the segmentation returns.
"""

from __future__ import annotations

from nmf_topics.errors import NmfTopicsError, Remedy
from nmf_topics.text.apostrophes import EXPRESSIONS

# Content words that the lists contain; they are kept, because a corpus may be about them.
NOT_STOPWORDS = {
    "ru": """вечер вода война глаз голова голос город дверь деньги дом дорога друг душа жена женщина жизнь земля
    книга комната лицо люди любить мать москва народ нога ночь окно отец писать плечо правда путь работа работать
    ребенок россия рука русский свет сила слово советский старый стол страна товарищ улица утро человек машина мир""",
    "es": """trabajar trabajo trabaja trabajan trabajas trabajamos trabajais empleo emplear emplean empleas verdad
    verdadera verdadero valor pais paìs estado estados sal""",
    "de": "mensch menschen mann gott ernst ordnung uhr startseite suche sache schluss recht",
    "fr": "parole pièce dos valeur naturel naturelle naturelles gens pur pure vive mince ouvert ouverte ouverts",
    "it": """città citta comprare consiglio cortesia forza gente gruppo mondo paese persone piedi registrazione
    titolo uomo vita futuro peccato""",
    "pt": """apoio caminho conselho corrente grupo noite nome obra oitava pessoas povo relação sistema trabalho
    trabalhar valor verdade verdadeiro viagem área estado""",
    "ro": "bucur halbă noroc frumos",
    "sv": "beslut beslutat beslutit",
    "tr": "kaynak",
    "ar": "زيارة قوة لقاء برس لوكالة للامم",
    "fa": "خدمات مردم جناح",
    "bg": "глас новина син юмрук живот",
    "id": "ibu bapak masalah jawaban",
    "no": "folk makt navn verdi",
    "da": "far mand",
    "hi": "घर वर्ग",
    "vi": "nhà bông",
}

# General words that the lists lack.
EXTRA_STOPWORDS = {
    "ru": """является являются являлся являлась являлось например качестве некоторые некоторых многие многих
    поскольку включая таким таких среди течение большинство примерно ранее основном стала стали стало образом
    соответствии поэтому несмотря известен известно возможно необходимо различных различные находится называют
    называется используют используется включают состоит содержит представляет представлены существует считается
    означает оставалось настоящее количество результате основной основана большая небольшие крупных высоким условии
    момент размере причиной целью общего привел создала""",
    "es": """año años mayoría forma incluyen incluye conocido conocida importante principal principales comenzó
    convirtió llamado llamada cuya cuyo cuyos cuyas suele suelen especialmente posteriormente generalmente
    finalmente probablemente directamente normalmente simplemente completamente inicialmente particularmente
    rápidamente respectivamente únicamente frecuentemente anteriormente relativamente recientemente prácticamente
    ampliamente inmediatamente tradicionalmente obstante asimismo etc acerca diversas diversos distintos distintas
    numerosos numerosas""",
    "de": """obwohl meist meisten mehrere mehreren mehrerer bezeichnet bezeichneten verwendet ebenfalls sowohl zudem
    wobei hierbei hierfür sodass zumeist insbesondere verschiedene verschiedenen verschiedener besteht bestehen
    enthalten enthält erhielt erhielten gilt gelten blieb blieben begann begannen umfasst umfassen befindet befinden
    genannt genannte bestimmten bestimmte bestimmter hauptsächlich zusätzliche zusätzlich ähnliche ähnlichen ähnlich
    direkt wichtige wichtigen gehören gehört bilden bildet de la le al et jährige
    jähriger jährigen jähriges jährigem""",
    "fr": "an ans année années également ensuite",
    "ca": "any anys mil",
    "he": "במשך רבות רבים אחד אחת ביותר בה בו בהם בהן אולם עדיין שנה שנים אלף יותר כדי לאחר היו הייתה",
    "it": "viene vengono venne venire propria propri proprie",
    "pt": "cerca várias devido",
    "nl": "hierdoor waarbij waardoor diverse jaar jaren",
    "ro": """și însă fiind urma urmă într decât precum faptul erau există inclusiv deși ulterior anii anul ani adesea
    privind își aceștia încă făcut atât putea trebuie majoritatea față mulți câteva devenit aproape aproximativ
    referitoare așa aș ați ești ăștia știu ție șapte șase diferite anumite numeroase principal aceeași același
    aceleași cazul exemplu număr numărul denumirea denumită reprezintă includ include cuprinde cuprind consideră
    numește numesc prezintă necesară necesar posibil probabil rapid rapidă anterior întreaga întreg aflat află ajuns
    rămas dus pus început folosit cunoscut cunoscută puțin puține mici prezent special similar ultima ultimul prime
    cadrul lungul semnificativ singură singur proprii largă jos oferă obținut primit continuat reușit lucru trecut""",
    "pl": "została zostały lata latach m.in niektóre niektórych niektóry in",
    "tr": """aynı arasında arasındaki şekilde fazla sahip sahiptir zamanda yılında yıl yıllarda boyunca son içinde
    devam örneğin etmek kabul eski yeni başka ardından genellikle yaklaşık bulunan bulunmaktadır üzerine üzerindeki
    üzerinde gelen özellikle farklı bilinen ortaya edilen önemli büyük küçük vardır adlı hemen yanı hakkında
    konusunda halinde dönemde dışında altında başına başladı içeren verdi sonuçlandı günümüzde anlamına zorunda
    belirtilmeli parçası yaygın benzer ilişkili sırasında sıra geri öne toplam ikinci anda ayında kalan çıkan""",
    "el": """είναι ήταν έχει είχε έχουν είχαν δύο έγινε επειδή σχεδόν επιπλέον υπάρχει υπάρχουν μέσω πάνω περίπου ενώ
    επίσης δηλαδή ιδιαίτερα διάρκεια αργότερα συνέχεια περισσότερα πολλές πολλά πολλοί μεγάλη μεγάλο μεγάλες πρώτη
    πρώτο πρώτος διότι ακόμη ήδη εδώ ίδια ίδιο ίδιος επόμενη χρησιμοποιείται χρησιμοποιούνται γίνει γίνεται γίνονται
    έκανε περιλαμβάνει περιλαμβάνουν αναφέρεται βρίσκονται βρίσκεται γενικά μέρος φορές φορά περισσότερες
    περισσότεροι μεγαλύτερο μεγαλύτερη μικρή μικρό μικρές αποτελεί αποτελούν ονομάζεται ονομάζονται παράδειγμα τρία
    τρεις διάφορες διάφορα διάφοροι διαφορετικές διαφορετικά μπορούσε μπορούσαν συμπεριλαμβανομένων άρχισε γεγονός
    όνομα τελευταία τελευταίο τρόπο υπήρχαν υπήρχε θεωρείται θεωρούνται έλαβε νέα νέες νέο νέας απαιτείται πρώην
    κύρια δημιουργήθηκε γνωστό γνωστή σημαντικό σημαντική σημαντικές χρόνια ετών αποτέλεσμα ντε""",
    "ar": """والتي والذي يتم وتم ولكن لان تكون كانوا تحت عبر الرغم معظم ومع حوالي فقط اثناء داخل لقد بالاضافة
    وبالتالي بواسطة تقريبا تعتبر يعتبر العديد مختلفة خاصة الخاصة اكبر كبير كبيرة وذلك وهذا وهذه ومنها وفيها سبيل
    المثال وجود الاكثر الاخرى اخر نظرا عادة غالبا بالكامل الكثير بينما يزال تزال تتضمن يتضمن تشمل يشمل تبلغ يبلغ
    يوجد توجد ادى ادت عبارة اوائل المعروف يعرف تعرف بنسبة تقع يقع واسع الحصول افضل خارج لذا البداية خمس صغيرة جديدة
    بدا بدات الحد مرة نوع يشير تشير يستخدم تستخدم استخدام حدث المئة دي ديلا
    لهذا لهذه بهذا بهذه بذلك كهذا كهذه فهذا فهذه""",
    "hi": """रूप जाता जाती जाते जाना जाने गए गई गयी शामिल अन्य अधिक समय कारण जिसमें जिनमें जिससे जिसने जिसके जिसकी
    जिसका बीच किए दौरान लगभग उन्होंने उपयोग क्योंकि जबकि दोनों कम विशेष अलग अब हालांकि वाली वाला करके केवल इसलिए
    प्रमुख मुख्य पास प्रकार करती बार अधिकांश उदाहरण आमतौर प्रत्येक महत्वपूर्ण विभिन्न दी दिए तौर बारे बिना अलावा थीं
    रही तहत समान अक्सर कभी आगे काफी लिया रखा बना बनाने पूरे ऑफ वर्षों साल बड़ी बड़ा बड़े नए नया नई आने आया आए माना
    मानी शुरू शुरुआत चलकर पहली प्राप्त बढ़ बढ़ाने स्थिति तीन चार बदल वर्तमान हिस्सा उच्च छोटे छोटी बताया मिला मिली
    व्यापक सामान्य पड़ा पड़ी प्रदान आवश्यक आवश्यकता पाया पाई लगता लगा अंत दिखाया पता अनुसार चाहिए जारी अतिरिक्त
    देखें तुलना नाम नामक संबंधित द टू एंड हेतु भांति सहित मामले तरीका आधारित आधार प्रस्तुत हर इनमें उनमें इसने उसने
    जैसी वर्ष वर्षीय""",
    "zh": """包括 成为 没有 通常 主要 使用 进行 可能 认为 称为 提供 大部分 导致 现在 一直 之间 之前 之后 之中 重要
    部分 已经 两个 后来 最终 不同 这一 特别 情况 期间 位于 这是 必须 直接 当时 拥有 几乎 仍然 每个 都是 一位 非常
    不会 前 新 外 里 年代 时期 时间 最大 他的 她的 第一 第二 很多 一点 曾经 不能 用于 表示 第一个 这种 组成 包含
    进入 达到 存在 形成 产生 保持 给定 著名 名 高 大量 发生 获得 建立 提出 早期 晚期 另一 约 两种 第三 这座 得到""",
    "th": """ได้รับ ใช้ คน สำหรับ ทำให้ ผู้ ทำ สามารถ ทั้งหมด สอง มาจาก ที่จะ มัน เรียก เรื่อง บน ชื่อ ส่วนใหญ่
    พวกเขา รวมถึง จำนวน เหล่านี้ สำคัญ ยังคง สูง นำ กลายเป็น ชื่อว่า เกี่ยวกับ เกิด หลัก มากกว่า มิ ปัจจุบัน
    ในขณะที่ อื่น อื่นๆ ทั่วไป มัก ใหญ่ เป็นที่ สิ่ง สาม เพิ่ม จนถึง แก่ จำนวนมาก ภายใต้ เกิดขึ้น ประมาณ นอกจากนี้
    เท่านั้น เพียง เกือบ เล็ก เพื่อให้ สู่ ดู ตัว วันที่ ต่อมา ใช่ จน ฐานะ แต่ละ พวก ส่วนหนึ่ง เพิ่มขึ้น กำลัง
    เช่นกัน ภายใน กลับ ดังนั้น ประกอบด้วย ทั้งสอง อีกด้วย หลังจากที่ ดังกล่าว ก็ได้ เหมือน ก่อนหน้า แสดง มากขึ้น
    ตนเอง ๆ ปี ใหม่ ดี สร้าง นำมา เธอ ไม่ได้ แม้ว่า ใดๆ ยังมี มีอายุ เป็นหนึ่ง เป็นที่รู้จัก เข้าไป เช่นเดียวกับ
    เหล่านั้น โดยที่ ออกจาก ทำให้เกิด ทว่า นี อัน น้อย ที่สอง สี่ ห้า สิบ ต้องการ เวลา เดือน ตัวอย่าง ภายหลัง
    รวดเร็ว เกี่ยวข้อง มีบทบาท ตั้งอยู่ ขนาดใหญ่ อดีต นั้นๆ ล้าน แอนด์ ออฟ เดอ""",
    "ja": """させる たい ぬ ね よ だけ しか こそ さえ けれど のに そう 為 事 物 時 様 等 中 者 的 化 性 年 月 日 人
    一 二 三 第 約 的だ 出来る 行う おこなう 言う よる 因る 於く おく 対する 関する 居る 有る 成る 為る くる 来る
    いく 行く みる 見る 又 更に 後 前 上 下 内 外 他 多く 多い 大きい 新しい 同じ 最も よい 良い 間 方 場合 際 以上
    以下 以来 共 名 目 回 度 数 たって もん まだ とても でる しれる つく 思う 分かる わかる
    知る すごい すぐ もう""",
    "vi": """đầu thể thành hai ba hiện phần cách gồm trở toàn tiếp thứ gọi tạo tên mặc tất cuối hết hầu khoảng thuộc
    chúng bắt de on""",
    "ko": """수 더 또는 위해 대한 있는 없는 하는 한다 했다 된다 되었다 있었다 것이다 통해 후 중 내
    약 명 개 가운데 새로운 일부 아직 있으며 있고 없다 없고
    대해 위한 따른 가장 모든 많은 이후 당시 현재 때문 되는 되어 하여 하고 하였다 했으며 한편""",
    "fa": "می‌کند می‌کنند",
}

_OF_TITLES = {"the", "of"}


def has_other_stop_words(language: str) -> bool:
    """Return whether there is a list for a language other than English."""
    import stopwordsiso

    return language in stopwordsiso.langs()


def other_stop_words(language: str) -> frozenset[str]:
    """Return the stop words of a language other than English, in lower case.

    Parameters
    ----------
    language : str, ISO 639-1

    Raises
    ------
    NmfTopicsError
        if there is no list for the language.
    """
    import stopwordsiso

    if not has_other_stop_words(language):
        raise NmfTopicsError(
            f"there is no stop list for the language {language!r}",
            remedy=Remedy(
                "give your own with {stop_words} and {default_stops=False}, or use one of: "
                + ", ".join(sorted(stopwordsiso.langs()))
            ),
        )
    listed = {word.lower() for word in stopwordsiso.stopwords(language) if " " not in word}
    light = set(EXTRA_STOPWORDS.get(language, "").lower().split())
    light |= EXPRESSIONS.get(language, frozenset())
    return frozenset((listed - set(NOT_STOPWORDS.get(language, "").lower().split())) | light | _OF_TITLES)
