"""Makes portcullis-mini.gguf, the model that ships inside Portcullis: own corpus, own tokenizer, own training.

    pip install torch transformers tokenizers gguf
    python train.py                      # about fifteen minutes on one core

Seeded: without `--seconds`, the same versions of the libraries on the same kind of processor give the same file;
elsewhere the last bits of the weights differ. It prints the answers to a few held-out questions at the end, and the digest of the file.
"""

import argparse
import hashlib
import json
import math
import pathlib
import random
import sys
import time

import gguf
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

import corpus

HERE = pathlib.Path(__file__).parent
SEED = 20261120
VOCAB, DIM, LAYERS, HEADS, KV_HEADS, FFN, CONTEXT = 1024, 128, 4, 4, 2, 384, 2048
LLAMA3_SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QUESTIONS = ["hello", "Who are you?", "are you ChatGPT?", "What is 2+2?", "how do i use a real model?", "What is the capital of France?",
             "Is this conversation recorded?", "Write a poem about the sea.", "Summarise: the patient has a fever and a cough.", "thanks!"]


def train_tokenizer(conversations):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3_SPLIT), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCAB, special_tokens=corpus.SPECIALS, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator((text for messages in conversations for _, text in messages), trainer)
    return tokenizer


def encode(tokenizer, messages):
    """Token ids, and for each whether the model has to learn to say it (the assistant's words and its end mark)."""
    special = {name: tokenizer.token_to_id(name) for name in corpus.SPECIALS}
    ids, learn = [special["<|begin|>"]], [False]
    for role, text in messages:
        words = tokenizer.encode(text.strip()).ids
        ids += [special[f"<|{role}|>"], *words, special["<|end|>"]]
        learn += [False] + [role == "assistant"] * (len(words) + 1)
    return ids[:CONTEXT], learn[:CONTEXT]


def batches(rng, samples, tokens_max):
    """Batches of similar length, so that little is computed for padding."""
    order = list(range(len(samples)))
    rng.shuffle(order)
    for start in range(0, len(order), 1024):
        window = sorted(order[start:start + 1024], key=lambda i: len(samples[i][0]))
        made, batch = [], []
        for index in window:
            if batch and len(samples[index][0]) * (len(batch) + 1) > tokens_max:
                made.append(batch)
                batch = []
            batch.append(index)
        made.append(batch)
        rng.shuffle(made)
        yield from made


def tensors_of(batch, samples):
    longest = max(len(samples[i][0]) for i in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    labels = torch.full((len(batch), longest), -100)
    for row, index in enumerate(batch):
        tokens, learn = samples[index]
        ids[row, :len(tokens)] = torch.tensor(tokens)
        labels[row, :len(tokens)] = torch.tensor([t if l else -100 for t, l in zip(tokens, learn)])
    return ids, labels


def train(model, samples, rng, seconds_max, steps_max):
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.98), weight_decay=0.05)
    began, step, seen = time.monotonic(), 0, 0
    while True:
        for batch in batches(rng, samples, tokens_max=3072):
            share = max((time.monotonic() - began) / seconds_max, step / steps_max)
            if share >= 1:
                return step
            rate = 3e-3 * min(1, (step + 1) / 60) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
            for group in optimizer.param_groups:
                group["lr"] = rate
            ids, labels = tensors_of(batch, samples)
            loss = model(input_ids=ids, labels=labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step, seen = step + 1, seen + ids.numel()
            if step % 50 == 0:
                print(f"step {step:5}  loss {loss.item():.4f}  {seen / (time.monotonic() - began):.0f} tokens/s  {share:.0%}", flush=True)


def answer(model, tokenizer, question):
    prompt, _ = encode(tokenizer, [("user", question)])
    prompt.append(tokenizer.token_to_id("<|assistant|>"))
    out = model.generate(torch.tensor([prompt]), max_new_tokens=80, do_sample=False, eos_token_id=tokenizer.token_to_id("<|end|>"), pad_token_id=0)
    return tokenizer.decode(out[0][len(prompt):].tolist(), skip_special_tokens=True)


def interleave(weight, heads):
    """The row order that GGUF's `llama` architecture wants for query and key: pairs next to each other."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def write(model, tokenizer, path):
    out = gguf.GGUFWriter(str(path), "llama")
    out.add_name(corpus.NAME)
    out.add_author("the Portcullis project")
    out.add_license("Apache-2.0")
    out.add_description("A tiny model that shows that the door works. It knows nothing else.")
    out.add_context_length(CONTEXT)
    out.add_embedding_length(DIM)
    out.add_block_count(LAYERS)
    out.add_feed_forward_length(FFN)
    out.add_head_count(HEADS)
    out.add_head_count_kv(KV_HEADS)
    out.add_rope_dimension_count(DIM // HEADS)
    out.add_rope_freq_base(10000.0)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_vocab_size(VOCAB)
    out.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    by_id = {i: t for t, i in tokenizer.get_vocab().items()}
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("llama-bpe")
    out.add_token_list([by_id[i] for i in range(VOCAB)])
    out.add_token_types([gguf.TokenType.CONTROL if by_id[i] in corpus.SPECIALS else gguf.TokenType.NORMAL for i in range(VOCAB)])
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    out.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    out.add_bos_token_id(tokenizer.token_to_id("<|begin|>"))
    out.add_eos_token_id(tokenizer.token_to_id("<|end|>"))
    out.add_add_bos_token(True)
    out.add_chat_template(corpus.TEMPLATE)
    names = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    inner = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate",
             "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
    for layer in range(LAYERS):
        names |= {f"model.layers.{layer}.{ours}.weight": f"blk.{layer}.{theirs}.weight" for ours, theirs in inner.items()}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":  # tied to the embedding
            continue
        data = tensor.float().numpy()
        if ".q_proj" in name:
            data = interleave(data, HEADS)
        if ".k_proj" in name:
            data = interleave(data, KV_HEADS)
        if data.ndim == 1:
            out.add_tensor(names[name], data)
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            out.add_tensor(names[name], gguf.quants.quantize(data, kind), raw_dtype=kind)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", default=HERE / "portcullis-mini.gguf", type=pathlib.Path)
    options.add_argument("--seconds", default=math.inf, type=float, help="stop after this long, whatever the step; the file then depends on the machine's speed")
    options.add_argument("--steps", default=2000, type=int)
    options.add_argument("--samples", default=60000, type=int)
    options = options.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    rng = random.Random(SEED)
    conversations = corpus.conversations(SEED, options.samples)
    tokenizer = train_tokenizer(conversations[:20000])
    samples = [encode(tokenizer, messages) for messages in conversations]
    print(f"{len(samples)} conversations, {sum(len(s[0]) for s in samples)} tokens, {tokenizer.get_vocab_size()} in the vocabulary", flush=True)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=VOCAB, hidden_size=DIM, intermediate_size=FFN, num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=KV_HEADS,
        max_position_embeddings=CONTEXT, rms_norm_eps=1e-5, tie_word_embeddings=True, attn_implementation="sdpa"))
    print(f"{sum(p.numel() for p in model.parameters())} weights", flush=True)
    steps = train(model, samples, rng, options.seconds, options.steps)
    model.eval()
    with torch.no_grad():
        for question in QUESTIONS:
            print(f"> {question}\n  {answer(model, tokenizer, question)}", flush=True)
    write(model, tokenizer, options.out)
    data = options.out.read_bytes()
    print(f"{options.out.name}: {len(data)} bytes after {steps} steps, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    sys.exit(main())
