"""有采购金额而没有采购项目，或有项目而没有金额。

两个数应当同时是零或同时不是零；多半是漏填了一个。

不对:

    [proactive]
    procurement = { projects = 0, amount = 498935.88 }

对:

    [proactive]
    procurement = { projects = 1, amount = 498935.88 }
"""

LEVEL = "warning"
