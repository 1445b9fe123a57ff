"""存量算下来小于零，或小于当年的净增加数。

2019 版：上一年项目数量加本年增/减，是本年末的项目数量，不会小于零。
2021 版：现行有效件数里有本年制发而没有废止的，不会少于制发减废止；当年废止的如果都是往年的，可以不改。

不对:

    [proactive]
    licences = { items = 3, change = -4 }

对:

    [proactive]
    licences = { items = 4, change = -4 }
"""

LEVEL = "error"
