using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Measurement.Tables;

/// <summary>Reads tables of costs: this tool's JSON or CSV, or puzzletron's statistics.</summary>
public static class CostTableFile
{
    /// <summary>Reads a table and looks at it critically.</summary>
    /// <param name="path">A file.</param>
    /// <param name="warnings">What looks wrong but may be right.</param>
    /// <exception cref="BadInputException">The file is cut off, not of any form, or holds what cannot be.</exception>
    public static CostTable Read(string path, List<string> warnings)
    {
        if (!File.Exists(path))
            throw new BadInputException($"{path}: no such file");
        var text = File.ReadAllText(path);
        var table = Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase) ? CostCsv.Read(text, path)
            : text.TrimStart() is ['[', ..] ? PuzzletronStats.Read(text, path, warnings)
            : CostTable.FromJson(text, path);
        CostChecks.Refuse(table, path);
        warnings.AddRange(CostChecks.Oddities(table, path));
        return table;
    }
}
