"""A decoder-only transformer: RMSNorm, rotary positions, SwiGLU, tied embeddings. Imports PyTorch.

The shape is Llama's (Touvron et al. 2023, arXiv:2302.13971), which RegMix's proxies have too.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from crawlsieve.pipelines.mixture.proxy.settings import Size

ROTARY_BASE = 100.0
"""10,000 in Su et al. 2021 (arXiv:2104.09864, section 3.2.2), for contexts of thousands of tokens. These are short."""
EMBEDDED = 2.0
"""Standard deviation of the first embeddings, times width ** -0.5: that of the first logits. Matrices have width **
-0.5, where they add to the stream less by the root of twice the layers. GPT-2's 0.02 for all is for widths of 768 and
more: at 64, four domains had a loss of 2.15 nats a byte after 1,200 steps with it, and have 1.88 with these."""


class Block(nn.Module):
    """Attention, then a gated MLP, each added to the residual stream."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.before_attention = nn.RMSNorm(size.width)
        self.before_mlp = nn.RMSNorm(size.width)
        self.qkv = nn.Linear(size.width, 3 * size.width, bias=False)
        self.attended = nn.Linear(size.width, size.width, bias=False)
        self.gate_up = nn.Linear(size.width, 2 * size.hidden, bias=False)
        self.down = nn.Linear(size.hidden, size.width, bias=False)

    def forward(self, stream: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        """float[b, t, width] to the same; `turns` are cosines and sines, float[t, width of a head / 2]."""
        b, t, width = stream.shape
        qkv = self.qkv(self.before_attention(stream)).view(b, t, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(_turned(q, turns), _turned(k, turns), v, is_causal=True)
        stream = stream + self.attended(mixed.transpose(1, 2).reshape(b, t, width))
        gate, up = self.gate_up(self.before_mlp(stream)).chunk(2, dim=-1)
        return stream + self.down(functional.silu(gate) * up)


class Transformer(nn.Module):
    """Logits of the next token.

    Args:
        size: its shape.
        vocabulary: how many tokens there are.
    """

    def __init__(self, size: Size, vocabulary: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, size.width)
        self.blocks = nn.ModuleList(Block(size) for _ in range(size.layers))
        self.last_norm = nn.RMSNorm(size.width)
        half = size.width // size.heads // 2
        speeds = ROTARY_BASE ** (-torch.arange(half) / half)
        angles = torch.arange(size.context)[:, None] * speeds
        self.register_buffer("cosines", angles.cos(), persistent=False)
        self.register_buffer("sines", angles.sin(), persistent=False)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                adds = name.endswith(("attended.weight", "down.weight"))
                scale = EMBEDDED if name == "embedding.weight" else (2 * size.layers) ** -0.5 if adds else 1.0
                nn.init.normal_(weight, std=scale * weight.shape[1] ** -0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        """int64[b, t], t <= context, to float[b, t, vocabulary]."""
        stream = self.embedding(tokens)
        t = tokens.shape[1]
        for block in self.blocks:
            stream = block(stream, (self.cosines[:t], self.sines[:t]))
        return functional.linear(self.last_norm(stream), self.embedding.weight)

    def loss(self, windows: Tensor) -> Tensor:
        """Mean negative log likelihood in nats of all tokens but the first: int64[b, context + 1] to a scalar."""
        logits = self(windows[:, :-1])
        return functional.cross_entropy(logits.flatten(0, 1).float(), windows[:, 1:].flatten())


def _turned(x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate pairs by their positions' angles; float[b, heads, t, width of a head]."""
    cosines, sines = (one.to(x.dtype) for one in turns)
    left, right = x.chunk(2, dim=-1)
    return torch.cat([left * cosines - right * sines, left * sines + right * cosines], dim=-1)
