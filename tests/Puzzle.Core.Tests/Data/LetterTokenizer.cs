using Puzzle.Core.Text;

namespace Puzzle.Core.Tests.Data;

/// <summary>One id a character, 1 starts and 2 ends a document: what was read can be read off the ids.</summary>
internal sealed class LetterTokenizer(bool addsBos = true, string? template = null) : ITokenizer
{
    public int VocabSize => 96;

    public int? BosId => 1;

    public int? EosId => 2;

    public bool AddsBos => addsBos;

    public string? ChatTemplate => template;

    public int[] Encode(string text, bool addSpecial = false, bool parseSpecial = true) =>
        [.. addSpecial && addsBos ? [1] : Array.Empty<int>(), .. text.Select(c => c switch { '<' => 1, '>' => 2, '\n' => 3, _ => (c - 32) % 92 + 4 })];

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        var text = new char[ids.Length];
        for (var i = 0; i < ids.Length; i++)
            text[i] = ids[i] switch { 0 => '?', 1 => '<', 2 => '>', 3 => '\n', var id => (char)(id - 4 + 32) };
        return new string(text);
    }

    public string? TokenText(int id) => Decode([id]);

    public void Save(string folder) => throw new NotSupportedException();
}
