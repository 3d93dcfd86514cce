namespace Puzzle.Core.Text;

/// <summary>The parts of a <c>tokenizer.json</c>, in the order in which text passes them.</summary>
/// <param name="Added">Tokens found before everything else.</param>
/// <param name="Normalizer">Changes text.</param>
/// <param name="PreTokenizer">Cuts it into words.</param>
/// <param name="Model">Turns words into ids.</param>
/// <param name="Prefix">Ids the post-processor puts in front (BOS).</param>
/// <param name="Suffix">Ids it puts behind.</param>
/// <param name="Decoder">Turns tokens back into text; without one they are joined by spaces.</param>
internal sealed record TokenizerPipeline(
    IReadOnlyList<AddedToken> Added,
    Normalizer? Normalizer,
    PreTokenizer? PreTokenizer,
    TokenModel Model,
    int[] Prefix,
    int[] Suffix,
    TokenDecoder? Decoder);
