using System.Text;

namespace Puzzle.Core.Text;

/// <summary>
/// The 256 printable characters by which byte-level vocabularies write bytes: printable Latin-1 stands for itself,
/// the other bytes follow from U+0100 on (so a space is <c>Ġ</c>).
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Chars = BuildChars();
    private static readonly short[] Bytes = BuildBytes();

    public static char CharOf(byte value) => Chars[value];

    /// <summary>The byte a character stands for, or -1.</summary>
    public static int ByteOf(char c) => c < Bytes.Length ? Bytes[c] : -1;

    /// <summary>Appends the UTF-8 bytes of <paramref name="text"/>, one character each.</summary>
    public static void Append(StringBuilder builder, ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                builder.Append(Chars[rune.Value]);
                continue;
            }

            var count = rune.EncodeToUtf8(utf8);
            for (var i = 0; i < count; i++)
                builder.Append(Chars[utf8[i]]);
        }
    }

    /// <summary>The bytes a token stands for; a token with any other character stands for its own UTF-8.</summary>
    public static void AppendBytes(List<byte> bytes, string token)
    {
        foreach (var c in token)
        {
            if (ByteOf(c) < 0)
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
                return;
            }
        }

        foreach (var c in token)
            bytes.Add((byte)ByteOf(c));
    }

    private static char[] BuildChars()
    {
        var chars = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
        {
            var printable = b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174;
            chars[b] = printable ? (char)b : (char)next++;
        }

        return chars;
    }

    private static short[] BuildBytes()
    {
        var bytes = new short[Chars.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (var b = 0; b < 256; b++)
            bytes[Chars[b]] = (short)b;
        return bytes;
    }
}
