# SPDX-License-Identifier: Apache-2.0
"""The part of logic_model.py about how a message is protected: templates,
demands, the ladder, what senders wish for. Written from letterlock-policy(5)
as well."""

ASSURANCES = ["none", "transit", "portal", "end_to_end"]
# What asks least of the recipient comes first.
WAYS = ["tls", "portal", "smime"]
ALL_RIGHTS = {"view", "reply", "replyall", "forward", "print", "extract", "export"}
# name: (rights, days until it expires); of "No files" the policy says whether
# it blocks attachments.
TEMPLATES = {
    "Encrypt-Only": (ALL_RIGHTS, None),
    "Do Not Forward": ({"view", "reply", "replyall"}, None),
    "Thirty days": ({"view", "reply"}, 30),
    "Read": ({"view"}, None),
    "No files": ({"view", "print"}, None),
}


def blocks(policy, template):
    return template == "No files" and policy["blocks"]


# ---- demands ----------------------------------------------------------------

def demands_of(then):
    """What an action map demands, as a list; without templates."""
    out = [{"assurance": "none", **then["demand"]}] if "demand" in then else []
    if then.get("require_tls"):
        out.append({"assurance": "transit"})
    if then.get("sign"):
        out.append({"assurance": "none", "sign": True})
    return out


def assurance(demands):
    return max((d["assurance"] for d in demands), key=ASSURANCES.index, default="none")


def of_template(then):
    """A template demands the portal where its rule demands no assurance."""
    protects = then.get("template", "clear") != "clear"
    return [{"assurance": "portal"}] if protects and assurance(demands_of(then)) == "none" else []


def holds(way, demands, template, means):
    level = ASSURANCES.index(assurance(demands))
    signs = any(d.get("sign") for d in demands)
    factor = any("second_factor" in d for d in demands)
    rights, expires = TEMPLATES.get(template, (ALL_RIGHTS, None))
    restricts = rights != ALL_RIGHTS or expires is not None
    if way == "portal":
        return level <= 2 and not signs and (not factor or "p" in means)
    has = {"clear": level == 0, "tls": level <= 1 and "t" in means, "smime": "c" in means}[way]
    return has and not (way != "clear" and (restricts or factor)) and (not signs or "s" in means)


def way(demands, template, means):
    """The first that meets all demands, in the order of the first that has one;
    "" where nothing does."""
    if assurance(demands) == "none":
        order = ["clear"]
    else:
        order = next((d["prefer"] for d in demands if "prefer" in d), WAYS)
    return next((w for w in order if holds(w, demands, template, means)), "")


# ---- wishes -----------------------------------------------------------------

def is_as_strict(policy, a, b):
    """a allows nothing that b does not."""
    (rights, days), (others, limit) = TEMPLATES[a], TEMPLATES[b]
    return rights <= others and (blocks(policy, a) or not blocks(policy, b)) and (limit is None or days is not None and days <= limit)


def wished(policy, signs):
    """The strictest of what is asked for; of two of which neither is stricter
    the first. "": nothing."""
    found = ""
    for template in signs:
        if found == "" or is_as_strict(policy, template, found):
            found = template
    return found
