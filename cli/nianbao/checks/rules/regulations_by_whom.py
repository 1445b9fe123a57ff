"""没有规章制定权的机关填了规章。

规章由国务院部门、省级人民政府和设区的市人民政府制定（立法法第九十一条、第九十三条），
乡镇、街道和县级部门没有这个权限；多半是把规范性文件填到了规章一行。

不对:

    [agency]
    name = "某县林业局"

    [proactive]
    regulations = { made = 2, disclosed = 2, public = 5 }

对:

    [agency]
    name = "某县林业局"

    [proactive]
    normative = { made = 2, disclosed = 2, public = 5 }
"""

LEVEL = "warning"
