using Puzzle.Core.Recipes;

namespace Puzzle.Core.Export;

/// <summary>Writes a child in a format that others load.</summary>
public interface IExporter
{
    /// <summary>As recipes name it.</summary>
    ExportKind Kind { get; }

    /// <summary>The name of the file or folder for a short name without extension.</summary>
    string FileName(string name);

    /// <summary>Writes the format and reads it back.</summary>
    /// <param name="child">The child's folder.</param>
    /// <param name="path">The file or folder; appears whole or not at all.</param>
    /// <param name="type">How weights are stored; null: as in the child.</param>
    /// <param name="card">The model card's text, for formats that carry one.</param>
    /// <exception cref="Errors.RecipeException">The format cannot say what the child is.</exception>
    ExportRecord Write(string child, string path, WeightsType? type, string card);
}

/// <summary>A written export.</summary>
/// <param name="Format">Which format.</param>
/// <param name="Path">The file or folder.</param>
/// <param name="LargestDifference">Of log-probabilities between the child and the export read back; null where it was not compared.</param>
public sealed record ExportRecord(ExportKind Format, string Path, double? LargestDifference);
