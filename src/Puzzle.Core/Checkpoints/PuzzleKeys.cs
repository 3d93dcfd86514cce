namespace Puzzle.Core.Checkpoints;

/// <summary>
/// Metadata keys of our own in GGUF files. Engines ignore them; they let a file that we wrote be read back as exactly the
/// architecture that was written.
/// </summary>
internal static class PuzzleKeys
{
    /// <summary>Layers (i32 array) whose feed-forward network is all zero and stands for none.</summary>
    public const string StandInFeedForward = "puzzle.stand_in_feed_forward";

    /// <summary>The family whose weights these are, where the file's architecture does not say it.</summary>
    public const string Family = "puzzle.family";

    /// <summary>The parameters of llama3 scaling, of which the format itself keeps the resulting factors only: factor, low and high frequency factor, original context (f64 array).</summary>
    public const string Llama3Scaling = "puzzle.rope_llama3";
}
