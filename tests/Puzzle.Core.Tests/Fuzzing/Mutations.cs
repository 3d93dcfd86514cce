using System.Text;

namespace Puzzle.Core.Tests.Fuzzing;

/// <summary>Changes sound inputs into ones that a stranger or a broken disk might hand over.</summary>
public static class Mutations
{
    private static readonly byte[][] Words =
    [
        .. new[]
        {
            "0", "-1", "1e999", "NaN", "null", "true", "[]", "{}", "\"\"", "[[[[[[[[", "}}", "{{", "{%", "%}", "\\u0000", "\ud83d\ude00", "99999999999999999999", "2147483648", "-9223372036854775808",
            "\"a\":", ",,", ": ", "\n  - ", "&a *a", "!!int", "(?:a+)+$", "**", "| join", "range(99999)", "for x in ", "set x = x ~ x",
        }.Select(Encoding.UTF8.GetBytes),
        [0, 0, 0, 0], [255, 255, 255, 255, 255, 255, 255, 255], [0, 0, 0, 128], [1, 0, 0, 0, 0, 0, 0, 0], [8, 0, 0, 0], [9, 0, 0, 0], [0xED, 0xA0, 0x80], [0xFF],
    ];

    /// <summary>One to eight changes.</summary>
    public static byte[] Of(Random random, IReadOnlyList<byte[]> seeds)
    {
        var bytes = seeds[random.Next(seeds.Count)].ToList();
        for (var changes = random.Next(1, 9); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(8))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, Words[random.Next(Words.Length)]);
                    break;
                case 4:
                    var word = Words[random.Next(Words.Length)];
                    for (var i = 0; i < word.Length && at + i < bytes.Count; i++)
                        bytes[at + i] = word[i];
                    break;
                case 5:
                    var piece = bytes.GetRange(at, Math.Min(random.Next(1, 60), bytes.Count - at));
                    bytes.InsertRange(random.Next(bytes.Count + 1), piece);
                    break;
                case 6:
                    var other = seeds[random.Next(seeds.Count)];
                    var from = random.Next(other.Length + 1);
                    bytes.InsertRange(at, other.Skip(from).Take(random.Next(1, 60)));
                    break;
                case 7 when random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }
}
