"""处理决定数量正好等于上一年项目数量加本年增减。

项目数量数的是事项，处理决定数量数的是办件，两者没有加减关系。正好相等，多半是把事项数填进了办件数。
如果确实如此，不必改。

不对:

    [proactive]
    licences = { items = 13, change = 2, decisions = 15 }

对:

    [proactive]
    licences = { items = 13, change = 2, decisions = 847 }
"""

LEVEL = "note"
