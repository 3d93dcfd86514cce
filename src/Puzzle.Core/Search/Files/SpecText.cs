using System.Text.RegularExpressions;
using Puzzle.Core.Errors;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search.Files;

/// <summary>Reads the short names of subblocks (<c>gqa_4</c>, <c>gqa_2_window_256_sinks_4</c>, <c>attn_linear</c>, <c>ffn_768</c>, ...) back.</summary>
internal static partial class SpecText
{
    /// <summary>An attention by its name.</summary>
    /// <exception cref="BadInputException">Not such a name.</exception>
    public static AttentionSpec Attention(string text, string where)
    {
        if (text == "attn_no_op")
            return new NoOpAttentionSpec();
        if (text == "attn_linear")
            return new LinearAttentionSpec();
        var match = Grouped().Match(text);
        if (!match.Success)
            throw new BadInputException($"{where}: attention '{text}' is not known; right would be gqa_4, gqa_4_window_256, gqa_4_window_256_sinks_4, attn_linear or attn_no_op");
        return new GroupedQuerySpec(
            int.Parse(match.Groups["heads"].Value),
            match.Groups["window"].Success ? int.Parse(match.Groups["window"].Value) : null,
            match.Groups["sinks"].Success ? int.Parse(match.Groups["sinks"].Value) : 0);
    }

    /// <summary>A feed-forward network by its name.</summary>
    /// <exception cref="BadInputException">Not such a name.</exception>
    public static FeedForwardSpec FeedForward(string text, string where)
    {
        if (text == "ffn_no_op")
            return new NoOpFeedForwardSpec();
        if (text == "ffn_linear")
            return new LinearFeedForwardSpec();
        var match = Width().Match(text);
        return match.Success
            ? new SwiGluSpec(int.Parse(match.Groups["width"].Value))
            : throw new BadInputException($"{where}: ffn '{text}' is not known; right would be ffn_768, ffn_linear or ffn_no_op");
    }

    /// <summary>A layer as <c>gqa_4 + ffn_768</c>; null where the text is no such name.</summary>
    public static LayerSpec? Layer(string text, string where) =>
        text.Split(" + ") is [var attention, var feedForward] && Known(attention, feedForward) ? new LayerSpec(Attention(attention, where), FeedForward(feedForward, where)) : null;

    private static bool Known(string attention, string feedForward) =>
        (attention is "attn_no_op" or "attn_linear" || Grouped().IsMatch(attention)) && (feedForward is "ffn_no_op" or "ffn_linear" || Width().IsMatch(feedForward));

    [GeneratedRegex("^gqa_(?<heads>[1-9][0-9]{0,5})(_window_(?<window>[1-9][0-9]{0,8})(_sinks_(?<sinks>[1-9][0-9]{0,5}))?)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Grouped();

    [GeneratedRegex("^ffn_(?<width>[1-9][0-9]{0,8})$", RegexOptions.ExplicitCapture)]
    private static partial Regex Width();
}
