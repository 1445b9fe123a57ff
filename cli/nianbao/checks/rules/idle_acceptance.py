"""[[accept]] 没有可以接受的发现。

数据改好了，或者地址写错了，或者同一条发现接受了两遍，或者那条规则不能接受。
留着它，以后同一处出错就会被悄悄放过，应当删去。

不对:

    [proactive]
    normative = { made = 27, disclosed = 27, public = 127 }

    [[accept]]
    rule    = "public-fewer-than-new"
    at      = "proactive.normative.public"
    value   = 20
    because = "年内废止七件"

对:

    [proactive]
    normative = { made = 27, disclosed = 27, public = 127 }
"""

LEVEL = "note"
