using System.Text;
using Puzzle.Core.Text;

namespace Puzzle.Evaluation.Tests;

/// <summary>One id a byte, 256 is BOS: the smallest real tokenizer.</summary>
internal sealed class ByteTokenizer(bool addsBos = false) : ITokenizer
{
    public int VocabSize => 257;

    public int? BosId => 256;

    public int? EosId => 256;

    public bool AddsBos => addsBos;

    public string? ChatTemplate => null;

    public int[] Encode(string text, bool addSpecial = false, bool parseSpecial = true)
    {
        var ids = Encoding.UTF8.GetBytes(text).Select(value => (int)value);
        return [.. addSpecial && addsBos ? ids.Prepend(256) : ids];
    }

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        var bytes = new List<byte>();
        foreach (var id in ids)
        {
            if (id < 256)
                bytes.Add((byte)id);
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    public string? TokenText(int id) => id == 256 ? "<s>" : null;

    public void Save(string folder) => File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "{}");
}
