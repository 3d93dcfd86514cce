using System.Globalization;
using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Measurement.Tables;

/// <summary>
/// A table of costs as CSV, for spreadsheets and for writing by hand: three lines <c># engine: ...</c>, <c># hardware: ...</c>,
/// <c># dtype: ...</c>, a head, and a line for each workload and subblock; the subblock <c>fixed</c> is what no variant changes.
/// </summary>
public static class CostCsv
{
    private const string FixedName = "fixed";
    private static readonly string[] s_columns = ["batch", "prompt_tokens", "output_tokens", "subblock", "prefill_ms", "first_decode_ms", "last_decode_ms", "spread"];

    /// <summary>The text of a table.</summary>
    public static string Write(CostTable table)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# engine: {table.Engine}\n# hardware: {table.Hardware}\n# dtype: {table.Dtype}\n{string.Join(',', s_columns)}\n");
        foreach (var costs in table.Workloads)
        {
            Line(costs.Workload, FixedName, costs.Fixed);
            foreach (var (subblock, cost) in costs.Subblocks)
                Line(costs.Workload, subblock, cost);
        }

        return text.ToString();

        void Line(Workload workload, string subblock, SubblockCost cost) => text.Append(
            CultureInfo.InvariantCulture,
            $"{workload.Batch},{workload.PromptTokens},{workload.OutputTokens},{subblock},{cost.PrefillMs:R},{cost.FirstDecodeMs:R},{cost.LastDecodeMs:R},{cost.Spread:R}\n");
    }

    /// <summary>Reads it; the column <c>spread</c> may be left out.</summary>
    /// <exception cref="BadInputException">The line, and what is wrong with it.</exception>
    public static CostTable Read(string text, string name)
    {
        if (text.Length > 0 && text[^1] != '\n')
            throw new BadInputException($"{name}: the last line does not end; is the file cut off?");
        var facts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var order = new List<Workload>();
        var found = new Dictionary<(Workload Workload, string Subblock), SubblockCost>();
        var headed = false;
        foreach (var (line, i) in text.ReplaceLineEndings("\n").Split('\n').Select((line, i) => (line.Trim(), i + 1)))
        {
            if (line.Length == 0)
                continue;
            if (line[0] == '#')
            {
                if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
                    facts[line[1..colon].Trim()] = line[(colon + 1)..].Trim();
                continue;
            }

            var cells = line.Split(',', StringSplitOptions.TrimEntries);
            if (!headed)
            {
                if (!cells.SequenceEqual(s_columns.Take(cells.Length)) || cells.Length < s_columns.Length - 1)
                    throw new BadInputException($"{name}: line {i}: the head is '{line}'; it must be {string.Join(',', s_columns)}");
                headed = true;
                continue;
            }

            if (cells.Length < s_columns.Length - 1)
                throw new BadInputException($"{name}: line {i}: {cells.Length} cells instead of {s_columns.Length}; is the file cut off?");
            var workload = new Workload(Whole(cells[0], 0), Whole(cells[1], 1), Whole(cells[2], 2));
            var cost = new SubblockCost(Number(cells[4], 4), Number(cells[5], 5), Number(cells[6], 6)) { Spread = cells.Length > 7 && cells[7].Length > 0 ? Number(cells[7], 7) : null };
            if (!order.Contains(workload))
                order.Add(workload);
            if (!found.TryAdd((workload, cells[3]), cost))
                throw new BadInputException($"{name}: line {i}: {cells[3]} stands twice for batch {workload.Batch}, {workload.PromptTokens} in, {workload.OutputTokens} out");

            int Whole(string cell, int column) => int.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value
                : throw new BadInputException($"{name}: line {i}: {s_columns[column]} is '{cell}'; it must be a whole number above 0");
            double Number(string cell, int column) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
                : throw new BadInputException($"{name}: line {i}: {s_columns[column]} is '{cell}'; it must be a number");
        }

        string Fact(string key) => facts.TryGetValue(key, out var value) && value.Length > 0 ? value : throw new BadInputException($"{name}: there is no line '# {key}: ...' that says what the times hold for");
        return new CostTable
        {
            Engine = Fact("engine"),
            Hardware = Fact("hardware"),
            Dtype = Fact("dtype"),
            Workloads = [.. order.Select(workload => new WorkloadCosts(
                workload,
                found.TryGetValue((workload, FixedName), out var rest) ? rest : throw new BadInputException($"{name}: batch {workload.Batch}, {workload.PromptTokens} in, {workload.OutputTokens} out has no line 'fixed'; is the file cut off?"),
                found.Where(pair => pair.Key.Workload == workload && pair.Key.Subblock != FixedName).ToDictionary(pair => pair.Key.Subblock, pair => pair.Value)))],
        };
    }
}
