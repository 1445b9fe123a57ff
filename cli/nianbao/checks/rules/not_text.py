"""数据文件不是 UTF-8 编码的文字，或者根本是别的文件。

Word 文件、Excel 表、PDF、网页、CSV 只改名为 .toml，读不出数：改回原来的名称，再用 report import 读。
旧版记事本的“ANSI”是 GB18030（GBK），“Unicode”是 UTF-16。另存为 UTF-8 即可：记事本在“另存为”里选编码 UTF-8；
WPS 文字另存为“纯文本 (*.txt)”，编码选 Unicode (UTF-8)，再去掉文件名末尾的 .txt。

不对:

    # 存成 GBK 的文件

对:

    # 存成 UTF-8 的文件
"""

LEVEL = "error"
