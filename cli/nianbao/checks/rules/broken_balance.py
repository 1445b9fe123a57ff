"""表格里的平衡关系不成立。

格式第三部分的表头印着勾稽关系：每一列，第一项加第二项之和，等于第三项加第四项之和，
也就是新收加结转等于办结加结转下年。一个数错了往往使几条关系同时不成立，这里只报一次，
并列出受影响的各条；一条关系单独不成立时，不能断定错在哪一格，两边的数字都会列出。

依据：国办公开办函〔2019〕60号、〔2021〕30号所附格式。

不对:

    [requests]
    received        = { person = 2 }
    outcome.granted = { person = 1 }

对:

    [requests]
    received        = { person = 2 }
    outcome.granted = { person = 1 }
    carried_forward = { person = 1 }
"""

LEVEL = "error"
