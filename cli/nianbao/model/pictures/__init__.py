"""A picture of figures, as a form or a data file describes it.

A name of figures is an address, a sum of addresses in which `*` stands for any one key, or the beginning of addresses:
every figure below it but those that are sums of others.
"""

from typing import Annotated, Literal

from msgspec import Meta

from nianbao.model.loading.shapes import Shape, Text

PICTURES = "pictures"  # the key of forms and data files
MAX_PICTURES = 12  # of a report
MAX_SERIES = 8  # that can be told apart without colours
MAX_BARS = 48  # that fit a page in letters that can be read
MAX_PERIODS = 12


class Picture(Shape, frozen=True):
    """A picture of a form, or of a data file: there it takes over what it does not say from the one of the form."""

    id: Annotated[Text, Meta(description="field-picture-id")]
    title: Annotated[Text, Meta(description="field-picture-title")]
    section: Annotated[Text, Meta(description="field-picture-section")]
    figures: Annotated[tuple[Text, ...], Meta(description="field-picture-figures", min_length=1)]
    draw: Annotated[Literal["bars", "stacked", "lines", "share"], Meta(description="field-picture-draw")] = "bars"
    labels: Annotated[tuple[Text, ...], Meta(description="field-picture-labels")] = ()
    parts: Annotated[tuple[Text, ...], Meta(description="field-picture-parts")] = ()
    periods: Annotated[Annotated[int, Meta(ge=1, le=MAX_PERIODS)], Meta(description="field-picture-periods")] = 1
    optional: Annotated[bool, Meta(description="field-picture-optional")] = False
