"""接受过的发现，值已经变了，接受不再有效。

接受是对当时那个值作出的；值改过以后要重新看一遍，再决定改数据、重新接受，还是删去接受。
report accept 重新接受时，把原来那一段的值和理由改成新的。正文里别处的改动不影响接受：值只是发现划出的那几个字。

不对:

    [proactive]
    normative = { made = 27, disclosed = 27, public = 21 }

    [[accept]]
    rule    = "public-fewer-than-new"
    at      = "proactive.normative.public"
    value   = 20
    because = "年内废止七件"

对:

    [proactive]
    normative = { made = 27, disclosed = 27, public = 20 }

    [[accept]]
    rule    = "public-fewer-than-new"
    at      = "proactive.normative.public"
    value   = 20
    because = "年内废止七件"
"""

LEVEL = "warning"
