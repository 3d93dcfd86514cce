using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>SentencePiece's compiled character map: a double-array trie over UTF-8 and the replacements of its keys.</summary>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;

    /// <exception cref="BadInputException">The lengths do not fit.</exception>
    public CharacterMap(ReadOnlySpan<byte> blob, string file)
    {
        if (blob.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(blob) is var size && (size % 4 != 0 || size > blob.Length - 4))
            throw new BadInputException($"{file}: the compiled character map of {blob.Length} bytes is damaged.");
        _units = new uint[size / 4];
        for (var i = 0; i < _units.Length; i++)
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + (4 * i))..]);
        _replacements = blob[(4 + (int)size)..].ToArray();
    }

    /// <summary>The longest key that begins the text: its length (0: none) and what replaces it.</summary>
    public (int Length, string Text) Longest(ReadOnlySpan<byte> utf8)
    {
        var (length, offset) = Search(utf8, shortest: false);
        return length == 0 ? (0, "") : (length, Replacement(offset));
    }

    /// <summary>The whole text as <c>tokenizers</c> maps it: by grapheme where that is short, else by character.</summary>
    public string Map(string text)
    {
        var result = new StringBuilder(text.Length);
        var utf8 = new byte[4];
        for (var at = 0; at < text.Length;)
        {
            var length = StringInfo.GetNextTextElementLength(text, at);
            var grapheme = text.AsSpan(at, length);
            at += length;
            if (Encoding.UTF8.GetByteCount(grapheme) < 6 && Search(Encoding.UTF8.GetBytes(grapheme.ToArray()), shortest: true) is ( > 0, var whole))
            {
                result.Append(Replacement(whole));
                continue;
            }

            foreach (var rune in grapheme.EnumerateRunes())
            {
                var bytes = utf8.AsSpan(0, rune.EncodeToUtf8(utf8));
                result.Append(Search(bytes, shortest: true) is ( > 0, var offset) ? Replacement(offset) : rune.ToString());
            }
        }

        return result.ToString();
    }

    private (int Length, int Offset) Search(ReadOnlySpan<byte> utf8, bool shortest)
    {
        var found = (0, 0);
        if (_units.Length == 0)
            return found;
        var position = Offset(_units[0]);
        for (var i = 0; i < utf8.Length; i++)
        {
            position ^= utf8[i];
            if (position >= _units.Length || Label(_units[position]) != utf8[i])
                break;
            var unit = _units[position];
            position ^= Offset(unit);
            if (((unit >> 8) & 1) == 0)
                continue;
            if (position >= _units.Length)
                break;
            found = (i + 1, (int)(_units[position] & 0x7FFFFFFF));
            if (shortest)
                break;
        }

        return found;
    }

    private string Replacement(int offset)
    {
        if (offset >= _replacements.Length)
            return "";
        var text = _replacements.AsSpan(offset);
        var end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);

    private static uint Label(uint unit) => unit & ((1u << 31) | 0xFF);
}

internal sealed class CharacterMapNormalizer(CharacterMap map) : Normalizer
{
    public override string Apply(string text) => map.Map(text);
}
