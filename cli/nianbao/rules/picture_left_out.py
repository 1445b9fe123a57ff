"""正文里有图片，没有印出来。

报告是一个不向外取任何东西的文件，不取网络上的图片，也不读本机的图片；印出来的只有图片的说明文字。

不对:

    [prose]
    other = "![示意图](https://example.com/a.png)"

对:

    [prose]
    other = "无。"
"""

LEVEL = "warning"
