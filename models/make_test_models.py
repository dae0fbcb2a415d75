"""Makes the tiny random models that `crates/runtime` is tested with, and what PyPI's `transformers` says about them.

    pip install torch transformers tokenizers sentencepiece gguf
    python make_test_models.py ../crates/runtime/tests/models

For each model: token ids of nasty texts (by the tokenizer library that trained them), the logits after a prompt, 24
greedy tokens and their text, and an embedding. Weights are rounded to what the file holds *before* the reference is
computed, so that the comparison is about our arithmetic alone. Also `quants.json`: random packed blocks and the
numbers that the `gguf` package unpacks from them.
"""

import io
import json
import pathlib
import sys

import gguf
import numpy
import sentencepiece
import torch
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as Q
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

ENDING = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
SPLITS = {
    "llama-bpe": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + ENDING,
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*" + ENDING,
    "gpt-2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
}
TEXTS = [
    "", " ", "  ", "a", "Hello, world!", "  leading and trailing  ", "tabs\tand\nnewlines\r\n\r\n  mixed \n x", "I'll say it's we'RE THEY'D", "numbers 1 12 123 1234 12345 3.14",
    "émile zürich naïve", "日本語のテキスト", "한국어 텍스트", "🙂🚀👩‍👩‍👧", "\u00a0nbsp\u3000wide", "e\u0301 combining", "a<|im_end|>b", "<s></s>", "x = {'a': [1, 2]}; // code\n\treturn x;",
    "\u0000\u0001\u007f", "ⅷ ½ ٣ ৪", "the the the theater there", "word" * 20, "   \n   \n", "end with newline\n", "a  b   c    d", "▁ and ▁▁", "(((([[[[{{{{",
]
CORPUS = ["the theater is there and the other one is here", "Hello world, hello there", "it's what they'll say we're doing", "numbers 123 456 2026", "return the value of x;\n\treturn y;\n",
          "naïve émile zürich", "patient record and the other record", "who are you and what is this", "    indent\n    indent again\n"] * 40
CHATML = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
          "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def bpe(pre, vocabulary):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLITS[pre]), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=vocabulary - len(SPECIALS), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    texts = {text: tokenizer.encode(text).ids for text in TEXTS}  # before the special tokens exist: texts are texts
    tokenizer.add_special_tokens(SPECIALS)
    return tokenizer, texts


def write_bpe(out, pre, tokenizer):
    size = tokenizer.get_vocab_size()
    by_id = {i: t for t, i in tokenizer.get_vocab().items()}
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre(pre)
    out.add_token_list([by_id[i] for i in range(size)])
    out.add_token_types([gguf.TokenType.CONTROL if by_id[i] in SPECIALS else gguf.TokenType.NORMAL for i in range(size)])
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    out.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    out.add_bos_token_id(tokenizer.token_to_id("<|endoftext|>"))
    out.add_eos_token_id(tokenizer.token_to_id("<|im_end|>"))
    out.add_add_bos_token(False)
    out.add_chat_template(CHATML)
    return size


def spm(vocabulary):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=model, vocab_size=vocabulary, model_type="bpe", byte_fallback=True, character_coverage=0.9995, normalization_rule_name="identity",
        remove_extra_whitespaces=False, add_dummy_prefix=True, split_digits=True, allow_whitespace_only_pieces=True, minloglevel=2, num_threads=1)
    sp = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return sp, {text: sp.encode(text) for text in TEXTS if "\u0000" not in text}


def write_spm(out, sp):
    size = sp.get_piece_size()
    kinds = [gguf.TokenType.UNKNOWN if sp.is_unknown(i) else gguf.TokenType.CONTROL if sp.is_control(i) else gguf.TokenType.BYTE if sp.is_byte(i) else gguf.TokenType.NORMAL for i in range(size)]
    out.add_tokenizer_model("llama")
    out.add_tokenizer_pre("default")
    out.add_token_list([sp.id_to_piece(i) for i in range(size)])
    out.add_token_scores([sp.get_score(i) for i in range(size)])
    out.add_token_types(kinds)
    out.add_bos_token_id(sp.bos_id())
    out.add_eos_token_id(sp.eos_id())
    out.add_unk_token_id(sp.unk_id())
    out.add_add_bos_token(True)
    out.add_add_space_prefix(True)
    return size


def round_weights(model, kind):
    """Rounds each matrix to what a file of this kind holds; returns what is then the file's."""
    packed = {}
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            data = tensor.float().numpy()
            if data.ndim == 1 or kind == Q.F32:
                packed[name] = (data.copy(), Q.F32)
                continue
            quantized = gguf.quants.quantize(data, kind)
            tensor.copy_(torch.from_numpy(gguf.quants.dequantize(quantized, kind).reshape(data.shape).copy()))
            packed[name] = (quantized, kind)
    return packed


def interleave(data, heads):
    return data.reshape(heads, 2, data.shape[0] // heads // 2, *data.shape[1:]).swapaxes(1, 2).reshape(data.shape)


def write(path, architecture, config, packed, write_tokenizer):
    out = gguf.GGUFWriter(str(path), architecture)
    out.add_name(path.stem)
    out.add_context_length(config.max_position_embeddings)
    out.add_embedding_length(config.hidden_size)
    out.add_block_count(config.num_hidden_layers)
    out.add_feed_forward_length(config.intermediate_size)
    out.add_head_count(config.num_attention_heads)
    out.add_head_count_kv(config.num_key_value_heads)
    out.add_rope_freq_base(10000.0)
    out.add_layer_norm_rms_eps(config.rms_norm_eps)
    if architecture == "qwen3":
        out.add_key_length(config.head_dim)
        out.add_value_length(config.head_dim)
    write_tokenizer(out)
    inner = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
             "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
    names = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    for layer in range(config.num_hidden_layers):
        names |= {f"model.layers.{layer}.{ours}": f"blk.{layer}.{theirs}" for ours, theirs in inner.items()}
    for name, (data, kind) in packed.items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        stem, part = name.rsplit(".", 1)
        if architecture == "llama" and (".q_proj" in name or ".k_proj" in name):
            data = interleave(data, config.num_attention_heads if ".q_proj" in name else config.num_key_value_heads)
        out.add_tensor(f"{names[stem]}.{part}", numpy.ascontiguousarray(data), raw_dtype=kind)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def reference(model, vocabulary, texts, decode):
    rng = numpy.random.default_rng(7)
    prompts = [[int(t) for t in rng.integers(0, vocabulary, length)] for length in (1, 5, 40)]
    cases = []
    with torch.no_grad():
        for prompt in prompts:
            ids = torch.tensor([prompt])
            logits = model(ids).logits[0, -1]
            tokens = list(prompt)
            for _ in range(24):
                tokens.append(int(model(torch.tensor([tokens])).logits[0, -1].argmax()))
            hidden = model.model(ids).last_hidden_state[0].mean(0)
            cases.append({"prompt": prompt, "logits": [round(float(x), 6) for x in logits], "greedy": tokens[len(prompt):], "text": decode(tokens[len(prompt):]),
                          "embedding": [round(float(x), 6) for x in hidden / hidden.norm()]})
    return {"texts": [[text, ids] for text, ids in texts.items()], "cases": cases}


def make(folder, name, architecture, model_class, config, kind, texts, write_tokenizer, decode):
    torch.manual_seed(20261120)
    model = model_class(config).float().eval()
    with torch.no_grad():  # larger than the usual start, so that logits differ clearly and a wrong layer shows
        for name_of, tensor in model.state_dict().items():
            if tensor.ndim == 2:
                tensor.normal_(0, 0.12)
            else:
                tensor.add_(torch.randn_like(tensor) * 0.1)
    packed = round_weights(model, kind)
    write(folder / f"{name}.gguf", architecture, config, packed, write_tokenizer)
    said = reference(model, config.vocab_size, texts, decode)
    (folder / f"{name}.json").write_text(json.dumps(said, ensure_ascii=True, separators=(",", ":")))
    print(name, (folder / f"{name}.gguf").stat().st_size, (folder / f"{name}.json").stat().st_size)


def quants(folder):
    rng = numpy.random.default_rng(11)
    scales = {Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0], Q.Q5_1: [0, 2], Q.Q8_0: [0], Q.Q4_K: [0, 2], Q.Q5_K: [0, 2], Q.Q6_K: [208]}
    cases = []
    for kind in [Q.F32, Q.F16, Q.BF16, *scales]:
        weights, size = GGML_QUANT_SIZES[kind]
        count = 16 if weights == 1 else 2 if weights == 32 else 1
        data = rng.integers(0, 256, (count, size), dtype=numpy.uint8)
        for block in data:
            for at in scales.get(kind, []):
                block[at:at + 2] = numpy.frombuffer(numpy.float16(rng.normal(0, 0.1)).tobytes(), dtype=numpy.uint8)
            if kind in (Q.F32, Q.F16, Q.BF16):
                number = numpy.float32(rng.normal(0, 1))
                block[:] = numpy.frombuffer({Q.F32: number.tobytes(), Q.F16: numpy.float16(number).tobytes(), Q.BF16: number.tobytes()[2:]}[kind], dtype=numpy.uint8)
        flat = data.reshape(-1)
        out = gguf.quants.dequantize(flat.view(numpy.float32) if kind == Q.F32 else flat.view(numpy.float16) if kind == Q.F16 else flat.reshape(1, -1), kind).reshape(-1)
        cases.append({"kind": int(kind), "bytes": flat.tobytes().hex(), "weights": [float(x) for x in out]})
    (folder / "quants.json").write_text(json.dumps(cases, separators=(",", ":")))


def main(folder):
    folder = pathlib.Path(folder)
    torch.set_num_threads(1)
    common = {"num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256, "rms_norm_eps": 1e-5,
              "attn_implementation": "eager"}
    quants(folder)
    sp, texts = spm(320)
    make(folder, "llama-spm-f16", "llama", LlamaForCausalLM, LlamaConfig(vocab_size=sp.get_piece_size(), tie_word_embeddings=False, **common), Q.F16, texts, lambda out: write_spm(out, sp), sp.decode)
    for name, architecture, pre, vocabulary, model_class, config_class, kind, more in [
        ("llama-bpe-q8_0", "llama", "llama-bpe", 448, LlamaForCausalLM, LlamaConfig, Q.Q8_0, {}),
        ("llama-gpt2-q4_0", "llama", "gpt-2", 384, LlamaForCausalLM, LlamaConfig, Q.Q4_0, {}),
        ("qwen2-f32", "qwen2", "qwen2", 320, Qwen2ForCausalLM, Qwen2Config, Q.F32, {}),
        ("qwen3-bf16", "qwen3", "qwen2", 320, Qwen3ForCausalLM, Qwen3Config, Q.BF16, {"head_dim": 32}),
    ]:
        tokenizer, texts = bpe(pre, vocabulary)
        config = config_class(vocab_size=tokenizer.get_vocab_size(), tie_word_embeddings=True, **common, **more)
        make(folder, name, architecture, model_class, config, kind, texts, lambda out: write_bpe(out, pre, tokenizer), tokenizer.decode)


if __name__ == "__main__":
    main(sys.argv[1])
