"""写出的总计不等于各项之和。

总计可以不写，由程序相加；写了就照写的印，并且要核对。总计是 0 而各项不是 0，多半是漏填；
总计比各项大，可能是某一项在抄录时丢了。只有这一格说得通的，写“应为”；不能断定的，列出几格，
其中至少有一格有错，最可能的排在前面。

不对:

    [requests]
    received        = { person = 1, business = 1, total = 1 }
    outcome.granted = { person = 1, business = 1, total = 2 }

对:

    [requests]
    received        = { person = 1, business = 1, total = 2 }
    outcome.granted = { person = 1, business = 1, total = 2 }
"""

LEVEL = "error"
