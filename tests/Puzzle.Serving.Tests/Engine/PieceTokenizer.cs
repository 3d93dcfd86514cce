using System.Text;
using Puzzle.Core.Text;

namespace Puzzle.Serving.Tests.Engine;

/// <summary>A tokenizer whose tokens are any bytes: characters may lie across tokens.</summary>
internal sealed class PieceTokenizer(IReadOnlyList<byte[]> pieces) : ITokenizer
{
    public int VocabSize => pieces.Count;

    public int? BosId => null;

    public int? EosId => null;

    public bool AddsBos => false;

    public string? ChatTemplate => null;

    public int[] Encode(string text, bool addSpecial = false, bool parseSpecial = true) => throw new NotSupportedException();

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        var bytes = new List<byte>();
        foreach (var id in ids)
            bytes.AddRange(pieces[id]);
        return Encoding.UTF8.GetString([.. bytes]);
    }

    public string? TokenText(int id) => Encoding.UTF8.GetString(pieces[id]);

    public void Save(string folder) => throw new NotSupportedException();
}
