namespace Puzzle.Core.Recipes;

/// <summary>A YAML document as read, each node with its place; scalars keep their text until a type asks for it.</summary>
internal abstract record YamlTree(SourceMark At)
{
    public abstract string Kind { get; }
}

internal sealed record YamlScalar(SourceMark At, string Text, bool Quoted) : YamlTree(At)
{
    public bool IsNull => !Quoted && (Text is "" or "~" or "null" or "Null" or "NULL");

    public override string Kind => IsNull ? "nothing" : $"'{(Text.Length > 80 ? Text[..80] + "..." : Text)}'";
}

internal sealed record YamlSequence(SourceMark At, List<YamlTree> Items) : YamlTree(At)
{
    public override string Kind => "a list";
}

internal sealed record YamlMapping(SourceMark At, List<YamlEntry> Entries) : YamlTree(At)
{
    public override string Kind => "a section with keys";
}

internal sealed record YamlEntry(SourceMark At, string Key, YamlTree Value);
