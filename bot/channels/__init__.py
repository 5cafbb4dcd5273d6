"""The ways a complaint comes in besides our own API; none of them knows how HTTP is served.

signatures   Standard Webhooks 1.0.0: who sent this, and is it as they sent it (ed25519: public-key form)
inbound      the signed webhook: an event in, a ComplaintIn out
rasa         the chat widget: a message in, approved clauses out (widget.toml), never a draft
"""
