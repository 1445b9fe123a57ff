"""对外公开总数量小于本年新公开数量，或本年新制作数量小于本年新公开数量。

对外公开总数量是截至年底仍在公开的全部件数，本年新公开的也在其中，按理不会更少；
本年新公开的文件按理是本年新制作的。确有原因的（例如年内废止、公开往年制作的文件），可以不改。
这是提醒，不妨碍生成。

不对:

    [proactive]
    normative = { made = 27, disclosed = 27, public = 20 }

对:

    [proactive]
    normative = { made = 27, disclosed = 27, public = 120 }
"""

LEVEL = "warning"
