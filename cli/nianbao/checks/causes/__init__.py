"""The causes of broken relations: the figure or row whose change mends them, or several of which one must be wrong.

`evidence` is what is known of the figures, `hypotheses` are changes that mend, `search` chooses between them,
`findings` tells people, and `effects` makes findings that a cause explains notes of that cause.
"""
