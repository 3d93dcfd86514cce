namespace Puzzle.Core.Checkpoints;

/// <summary>The names of tensors in GGUF files, from and to Hugging Face's.</summary>
internal static class GgufNames
{
    private static readonly (string HuggingFace, string Gguf)[] Global =
    [
        (WeightLayout.Embedding, "token_embd.weight"),
        (WeightLayout.FinalNorm, "output_norm.weight"),
        (WeightLayout.Head, "output.weight"),
    ];

    // A linear attention's matrix takes the place of the output projection.
    private static readonly (string HuggingFace, string Gguf)[] PerLayer =
    [
        ("input_layernorm", "attn_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("self_attn.linear_attn", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ];

    /// <summary>The factors by which each RoPE frequency is divided.</summary>
    public const string RopeFactors = "rope_freqs.weight";

    /// <summary>The name in a GGUF file of a tensor of <see cref="WeightLayout"/>.</summary>
    /// <exception cref="ArgumentException">The format has no such tensor.</exception>
    public static string ToGguf(string name)
    {
        foreach (var (huggingFace, gguf) in Global)
        {
            if (name == huggingFace)
                return gguf;
        }

        var parts = name.Split('.', 4);
        if (parts is ["model", "layers", var layer, var rest] && rest.LastIndexOf('.') is > 0 and var dot)
        {
            foreach (var (huggingFace, gguf) in PerLayer)
            {
                if (rest.AsSpan(0, dot).SequenceEqual(huggingFace))
                    return $"blk.{layer}.{gguf}{rest[dot..]}";
            }
        }

        throw new ArgumentException($"GGUF has no name for {name}");
    }
}
