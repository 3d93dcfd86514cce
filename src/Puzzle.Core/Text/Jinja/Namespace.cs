namespace Puzzle.Core.Text.Jinja;

/// <summary>The one value whose members can be set: what loops carry from turn to turn.</summary>
internal sealed class Namespace
{
    public Dictionary<string, object?> Members { get; } = [];
}
