using System.Globalization;
using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>A step that cuts normalised text into words. No merge crosses a cut.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Cuts each piece; empty ones are dropped.</summary>
    public abstract List<Piece> Apply(List<Piece> pieces);
}

internal sealed class SequencePreTokenizer(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override List<Piece> Apply(List<Piece> pieces)
    {
        foreach (var step in steps)
            pieces = step.Apply(pieces);
        return pieces;
    }
}

/// <summary>What becomes of the matches of a <see cref="SplitPreTokenizer"/>.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Cuts at the matches of a pattern.</summary>
internal sealed class SplitPreTokenizer(Pattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    public override List<Piece> Apply(List<Piece> pieces)
    {
        var result = new List<Piece>(pieces.Count * 2);
        foreach (var piece in pieces)
            Splitting.Cut(piece, pattern.Find(piece.Span), behavior, invert, result);
        return result;
    }
}

/// <summary>Cuts around characters of a kind.</summary>
internal sealed class CharacterPreTokenizer(Func<Rune, bool> isDelimiter, SplitBehavior behavior) : PreTokenizer
{
    public static CharacterPreTokenizer Digits(bool individual) =>
        new(IsNumber, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    public static CharacterPreTokenizer Punctuation(SplitBehavior behavior) => new(IsPunctuation, behavior);

    public static CharacterPreTokenizer WhitespaceSplit() => new(Rune.IsWhiteSpace, SplitBehavior.Removed);

    public override List<Piece> Apply(List<Piece> pieces)
    {
        var result = new List<Piece>(pieces.Count * 2);
        var matches = new List<(int, int)>();
        foreach (var piece in pieces)
        {
            matches.Clear();
            var at = 0;
            foreach (var rune in piece.Span.EnumerateRunes())
            {
                if (isDelimiter(rune))
                    matches.Add((at, at + rune.Utf16SequenceLength));
                at += rune.Utf16SequenceLength;
            }

            Splitting.Cut(piece, matches, behavior, invert: false, result);
        }

        return result;
    }

    private static bool IsNumber(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? !Rune.IsLetterOrDigit(rune) && rune.Value is > 32 and < 127
        : Rune.IsPunctuation(rune);
}

/// <summary>Writes bytes in the byte alphabet, after cutting by GPT-2's expression if asked.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useExpression) : PreTokenizer
{
    /// <summary>GPT-2's cut into words: contractions, letters, numbers, other signs, spaces.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private static readonly Pattern Words = Pattern.Expression(Gpt2, "byte level");

    public override List<Piece> Apply(List<Piece> pieces)
    {
        var builder = new StringBuilder();
        var bounds = new List<(int Start, int Length, bool AtStart)>(pieces.Count * 2);
        var words = new List<Piece>();
        foreach (var original in pieces)
        {
            var piece = addPrefixSpace && !original.Span.StartsWith(' ')
                ? new Piece(string.Concat(" ", original.Span), 0, original.Length + 1, original.AtStart)
                : original;
            words.Clear();
            if (useExpression)
                Splitting.Cut(piece, Words.Find(piece.Span), SplitBehavior.Isolated, invert: false, words);
            else
                words.Add(piece);
            foreach (var word in words)
            {
                var start = builder.Length;
                ByteAlphabet.Append(builder, word.Span);
                bounds.Add((start, builder.Length - start, word.AtStart));
            }
        }

        var text = builder.ToString();
        return bounds.ConvertAll(b => new Piece(text, b.Start, b.Length, b.AtStart));
    }
}

/// <summary>SentencePiece's marks: spaces become <c>▁</c>, one is put in front, and each starts a word.</summary>
internal sealed class MetaspacePreTokenizer(char replacement, string scheme, bool split) : PreTokenizer
{
    private readonly Pattern _mark = Pattern.Literal(replacement.ToString());

    public override List<Piece> Apply(List<Piece> pieces)
    {
        var result = new List<Piece>(pieces.Count * 2);
        foreach (var piece in pieces)
        {
            var text = piece.Span.ToString().Replace(' ', replacement);
            if (!text.StartsWith(replacement) && (scheme == "always" || (scheme == "first" && piece.AtStart)))
                text = replacement + text;
            var marked = new Piece(text, 0, text.Length, piece.AtStart);
            if (split)
                Splitting.Cut(marked, _mark.Find(text), SplitBehavior.MergedWithNext, invert: false, result);
            else
                result.Add(marked);
        }

        return result;
    }
}

/// <summary>Applies a <see cref="SplitBehavior"/> to matches.</summary>
internal static class Splitting
{
    public static SplitBehavior Parse(string name, string file) => Enum.TryParse<SplitBehavior>(name, out var behavior) && char.IsAsciiLetterUpper(name[0])
        ? behavior
        : throw new BadInputException($"{file}: the split behaviour '{name}' is unknown; one of {string.Join(", ", Enum.GetNames<SplitBehavior>())} is needed.");

    public static void Cut(Piece piece, List<(int Start, int End)> matches, SplitBehavior behavior, bool invert, List<Piece> result)
    {
        var parts = new List<(int Start, int End, bool Match)>((matches.Count * 2) + 1);
        var at = 0;
        foreach (var (start, end) in matches)
        {
            if (at < start)
                parts.Add((at, start, invert));
            parts.Add((start, end, !invert));
            at = end;
        }

        if (at < piece.Length)
            parts.Add((at, piece.Length, invert));
        Merge(parts, behavior);
        foreach (var (start, end, match) in parts)
        {
            if (start < end && !(match && behavior == SplitBehavior.Removed))
                result.Add(piece.Slice(start, end));
        }
    }

    private static void Merge(List<(int Start, int End, bool Match)> parts, SplitBehavior behavior)
    {
        if (behavior is SplitBehavior.Removed or SplitBehavior.Isolated)
            return;
        var backwards = behavior == SplitBehavior.MergedWithNext;
        if (backwards)
            parts.Reverse();
        var count = 0;
        var previous = false;
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            var join = count > 0 && (behavior == SplitBehavior.Contiguous ? part.Match == previous : part.Match && !previous);
            previous = part.Match;
            if (!join)
                parts[count++] = part;
            else if (backwards)
                parts[count - 1] = parts[count - 1] with { Start = part.Start };
            else
                parts[count - 1] = parts[count - 1] with { End = part.End };
        }

        parts.RemoveRange(count, parts.Count - count);
        if (backwards)
            parts.Reverse();
    }
}
