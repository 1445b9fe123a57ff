"""存量与上年的报告接不上。

2019 版：上一年项目数量，应是上年报告的上一年项目数量加当年的增减。
2021 版：现行有效件数，应是上年的现行有效件数加本年制发、减本年废止。
上年清理过、更正过的，可以不改。没有上年的数据文件就不核对。

不对:

    # data/2019.toml
    [proactive]
    licences = { items = 13, change = 2 }
    # data/2020.toml
    [proactive]
    licences = { items = 13, change = 0 }

对:

    # data/2019.toml
    [proactive]
    licences = { items = 13, change = 2 }
    # data/2020.toml
    [proactive]
    licences = { items = 15, change = 0 }
"""

LEVEL = "warning"
