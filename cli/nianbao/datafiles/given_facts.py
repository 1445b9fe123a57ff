"""Facts that are given with a command: ADDRESS=VALUE, for texts and choices."""

from collections.abc import Sequence

from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import suggest


def parse_given_facts(form: Form, words: Sequence[str]) -> dict[str, object]:
    """Parse facts of a form, given as ADDRESS=VALUE; raises `UserError` that tells what is wrong."""
    facts = {fact.id: fact for fact in form.facts}
    given: dict[str, object] = {}
    for word in words:
        address, _sign, value = (part.strip() for part in word.partition("="))
        if address not in facts:
            why = _("no-such-address", path=address) + suggest(address, list(facts))
            raise UserError(why, _("write-address-and-value"))
        if why := facts[address].value_type.find_fault(value):
            raise UserError(f"{address}: {why}", _("write-address-and-value"))
        given[address] = value
    return given
