namespace Puzzle.Core.Recipes;

/// <summary>Where something stands.</summary>
/// <param name="Source">A file, or the option of the command line that gave it.</param>
/// <param name="Line">From 1; 0 where the source has no lines.</param>
/// <param name="Column">From 1.</param>
/// <param name="Folder">What relative paths of this source start from.</param>
internal readonly record struct SourceMark(string Source, int Line, int Column, string Folder)
{
    public override string ToString() => Line > 0 ? $"{Source}:{Line}:{Column}" : Source;
}
