using System.Globalization;
using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>A step that changes text before it is cut into words. Growth is bounded: a hostile chain cannot exhaust memory.</summary>
internal abstract class Normalizer
{
    public abstract string Apply(string text);

    /// <summary>Refuses results that no honest normaliser yields.</summary>
    protected static void CheckGrowth(long length, int original)
    {
        if (length > (1 << 20) + (32L * original))
            throw new BadInputException($"The tokenizer's normaliser turns {original:N0} characters into {length:N0}; at most 32 for one are allowed.");
    }
}

internal sealed class SequenceNormalizer(IReadOnlyList<Normalizer> steps) : Normalizer
{
    public override string Apply(string text)
    {
        var original = text.Length;
        foreach (var step in steps)
        {
            text = step.Apply(text);
            CheckGrowth(text.Length, original);
        }

        return text;
    }
}

internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    public override string Apply(string text) => text.Length == 0 ? text : prefix + text;
}

internal sealed class ReplaceNormalizer(Pattern pattern, string content) : Normalizer
{
    public override string Apply(string text)
    {
        var matches = pattern.Find(text);
        if (matches.Count == 0)
            return text;
        CheckGrowth(text.Length + ((long)matches.Count * content.Length), text.Length);
        var builder = new StringBuilder(text.Length);
        var at = 0;
        foreach (var (start, end) in matches)
        {
            builder.Append(text, at, start - at).Append(content);
            at = end;
        }

        return builder.Append(text, at, text.Length - at).ToString();
    }
}

internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override string Apply(string text) => (left, right) switch
    {
        (true, true) => text.Trim(),
        (true, false) => text.TrimStart(),
        (false, true) => text.TrimEnd(),
        _ => text,
    };
}

internal sealed class LowercaseNormalizer : Normalizer
{
    public override string Apply(string text) => text.Replace("İ", "i̇", StringComparison.Ordinal).ToLowerInvariant();
}

internal sealed class StripAccentsNormalizer : Normalizer
{
    public override string Apply(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))
                builder.Append(rune.ToString());
        }

        return builder.ToString();
    }
}

internal sealed class ByteLevelNormalizer : Normalizer
{
    public override string Apply(string text)
    {
        var builder = new StringBuilder(text.Length);
        ByteAlphabet.Append(builder, text);
        return builder.ToString();
    }
}
