//! The words of injections by what they do, in fifteen languages.

use super::Group;

/// Words by what they do. Matched whatever their case in ASCII; other scripts as written here.
#[rustfmt::skip]
pub(crate) const CUES: &[(Group, &[&str])] = &[
    (Group::Undo, &[
        "ignore", "disregard", "forget", "override", "overrule", "bypass", "neglect", "do not follow",
        "don't follow", "stop following", "pay no attention", "supersede", "discard", "skip all",
    ]),
    (Group::Prior, &[
        "previous", "prior ", "preceding", "earlier", "above", "everything before", "all of your", "all your",
        "your original", "your initial", "any other", "other instructions", "existing", "system prompt",
        "you were given", "you have been given", "you were told", "all the rules", "all rules", "these rules",
        "all instructions", "the instructions", "your instructions", "your guidelines", "your rules",
    ]),
    (Group::Orders, &[
        "instruction", "prompt", "rules", "guideline", "directive", "directions", "commands", "restrictions",
        "safety", "policies", "programming", "what you were told", "you were told", "orders", "constraints",
        "context above",
    ]),
    (Group::ForeignUndo, &[
        "ignorier", "vergiss", "missachte", "ignorez", "ignore toutes", "oubliez", "oublie ", "ne tiens pas compte",
        "ignora ", "olvida", "omite", "haz caso omiso", "ignore as ", "ignore todas", "esqueça", "desconsidere",
        "dimentica", "negeer", "vergeet", "zignoruj", "игнорируй", "Игнорируй", "игнорировать", "забудь", "Забудь",
        "忽略", "无视", "忘记", "忘掉", "無視", "忘れ", "무시", "잊어", "تجاهل", "انس ", "अनदेखा", "yoksay", "görmezden",
    ]),
    (Group::ForeignPrior, &[
        "vorherig", "bisherig", "obige", "vorangegangen", "précédent", "precedent", "ci-dessus", "antérieur",
        "anterior", "previas", "arriba", "acima", "vorige", "eerdere", "poprzedni", "предыдущ", "прежни", "выше",
        "之前", "以上", "先前", "上面", "以前", "上記", "これまで", "이전", "위의", "السابقة", "أعلاه", "पिछले", "önceki",
    ]),
    (Group::ForeignOrders, &[
        "anweisung", "vorgaben", "instruktion", "regeln", "consignes", "instructions", "règles", "instruccion",
        "reglas", "órdenes", "instruç", "regras", "istruzioni", "regole", "instructies", "instrukcj", "инструкци",
        "указани", "правила", "指令", "指示", "说明", "规则", "命令", "ルール", "지시", "명령", "التعليمات", "الأوامر", "निर्देश",
        "talimat",
    ]),
    (Group::Persona, &[
        "you are now", "you will now", "you're now", "act as if", "act as a", "act as an", "pretend to be",
        "pretend you", "pretend that you", "roleplay as", "role-play as", "role play as", "simulate a",
        "you are going to act", "from now on you", "your new role", "your new persona", "stay in character",
        "in character", "du bist jetzt", "ab sofort", "tu es maintenant", "ahora eres", "agora você é", "теперь ты",
        "你现在是", "あなたは今", "hypothetical response", "opposite mode", "evil confidant", "two responses",
    ]),
    (Group::Unbound, &[
        "do anything now", "developer mode", "jailbreak", "jailbroken", "dan mode", "without restrictions",
        "without any restrictions", "no restrictions", "no limitations", "without limitations", "unfiltered",
        "uncensored", "no longer bound", "not bound by", "free from all", "free of all", "broken free", "no ethical",
        "no moral", "no filters", "without filters", "without any filter", "bypass your", "disable your",
        "ignore your", "ignore all ethical", "amoral", "god mode", "sudo mode", "no rules", "never refuse",
        "cannot refuse", "can't refuse", "must not refuse", "do not refuse", "without censorship", "openai policy",
        "openai's policies", "content policy does not", "no content policy",
    ]),
    (Group::Tell, &[
        "reveal", "print", "repeat", "output", "show me", "tell me", "display", "what is your", "what are your",
        "what was your", "give me", "leak", "expose", "write out", "copy", "recite", "disclose", "translate",
        "summarize", "spell", "list all", "share",
    ]),
    (Group::Hidden, &[
        "system prompt", "initial prompt", "hidden prompt", "original prompt", "your prompt", "secret prompt",
        "system message", "initial instructions", "original instructions", "your instructions",
        "hidden instructions", "secret instructions", "text above", "words above", "everything above",
        "sentences above", "lines above", "paragraph above", "instructions above", "your guidelines",
        "your configuration", "your rules", "secret key you", "system-prompt",
    ]),
    (Group::Announce, &[
        "new instruction", "new task:", "new rule", "updated instruction", "real instruction", "actual task",
        "your real task", "from now on", "instead, you", "important instruction", "begin new",
        "following instructions instead", "attention:",
    ]),
    (Group::Frame, &[
        "### system", "### instruction", "###instruction", "[system", "<system", "<|im_start", "<|system", "[inst]",
        "<<sys>>", "system:", "system override", "admin override", "end of prompt", "end of document",
        "end of context", "begin prompt", "assistant:", "\nuser:", "\nhuman:", "\"role\": \"system\"",
        "\"role\":\"system\"", "\"tool_calls\"", "<tool_call", "<function_call", "<tool_use", "-----end", "[end of",
    ]),
    (Group::Address, &[
        "ai assistant", "ai model", "language model", "ai agent", "dear assistant", "dear ai", "note to ai",
        "note to the ai", "if you are an ai", "if you are a language", "if you're an ai", "chatgpt", "to the llm",
        "ai reading", "assistant reading", "instructions for the ai", "instructions for ai", "attention ai",
        "hey assistant", "any llm", "any ai ", "as an ai", "you must now", "you must comply", "you have to comply",
    ]),
    (Group::Stealth, &[
        "do not tell the user", "don't tell the user", "without telling", "do not mention this",
        "don't mention this", "do not reveal this", "without informing", "do not inform the user", "hide this from",
        "do not let the user", "without the user", "do not disclose this", "secretly", "don't let the user",
        "do not alert", "without asking", "silently",
    ]),
    (Group::Send, &[
        "forward all", "send all", "send the contents", "send it to", "send them to", "email it to", "exfiltrate",
        "post it to", "upload it to", "append the", "make a request to", "curl http", "visit http",
        "encode the conversation", "send the conversation", "send the api", "transfer $", "wire the",
    ]),
];
