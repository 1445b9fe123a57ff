"""上年结转与上年报告的结转下年度不相等。

去年报告第三部分第四项“结转下年度继续办理”的申请，就是今年的第二项“上年结转”，换了格式版本也一样。
总计不等算错；各类申请人之间的差异可能是重新归类，只提醒。没有上年的数据文件就不核对。

依据：国办公开办函〔2019〕60号、〔2021〕30号所附格式。

不对:

    # data/2019.toml
    [requests]
    received        = { person = 3 }
    outcome.granted = { person = 1 }
    carried_forward = { person = 2 }
    # data/2020.toml
    [requests]
    received        = { person = 1 }
    carried_in      = { person = 1 }
    outcome.granted = { person = 2 }

对:

    # data/2019.toml
    [requests]
    received        = { person = 3 }
    outcome.granted = { person = 1 }
    carried_forward = { person = 2 }
    # data/2020.toml
    [requests]
    received        = { person = 1 }
    carried_in      = { person = 2 }
    outcome.granted = { person = 3 }
"""

LEVEL = "error"
