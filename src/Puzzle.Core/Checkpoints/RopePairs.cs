namespace Puzzle.Core.Checkpoints;

/// <summary>
/// The two orders of the rows of q and k. Hugging Face's RoPE turns row j of a head with row j + half; llama.cpp's for
/// Llama turns rows 2 j and 2 j + 1, so its files hold the rows of each head interleaved.
/// </summary>
internal static class RopePairs
{
    /// <summary>Where a row of Hugging Face's order lies in the interleaved order.</summary>
    public static long InterleavedRow(long row, int headDim)
    {
        var (head, within, half) = (row / headDim, row % headDim, headDim / 2);
        return head * headDim + within % half * 2 + within / half;
    }

    /// <summary>Whether a tensor (Hugging Face name) has rows that RoPE turns.</summary>
    public static bool Turns(string name) =>
        name.Contains(".self_attn.q_proj.", StringComparison.Ordinal) || name.Contains(".self_attn.k_proj.", StringComparison.Ordinal);
}
