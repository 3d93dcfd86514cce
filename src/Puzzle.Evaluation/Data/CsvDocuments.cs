using System.Globalization;
using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Evaluation.Data;

/// <summary>Comma- or tab-separated values with a header line (RFC 4180): quoted fields may hold separators and line breaks. A column of numbers is read as numbers.</summary>
internal static class CsvDocuments
{
    public static IReadOnlyList<IReadOnlyDictionary<string, object?>> Read(string path, char separator)
    {
        var rows = Rows(File.ReadAllText(path), separator).ToList();
        if (rows.Count == 0)
            return [];
        var header = rows[0];
        for (var i = 1; i < rows.Count; i++)
        {
            if (rows[i].Count != header.Count)
                throw new BadInputException($"{path}, row {i + 1}: {rows[i].Count} fields; the header has {header.Count}");
        }

        var columns = header.Select((_, column) => Typed([.. rows.Skip(1).Select(row => row[column])])).ToArray();
        return
        [
            .. Enumerable.Range(0, rows.Count - 1).Select(row =>
            {
                var document = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
                for (var column = 0; column < header.Count; column++)
                    document[header[column]] = columns[column][row];
                return (IReadOnlyDictionary<string, object?>)document;
            }),
        ];
    }

    private static object?[] Typed(string[] values)
    {
        var given = values.Where(value => value.Length > 0).ToArray();
        if (given.Length > 0 && given.All(value => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)))
            return [.. values.Select(value => value.Length == 0 ? null : (object)long.Parse(value, CultureInfo.InvariantCulture))];
        if (given.Length > 0 && given.All(value => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _)))
            return [.. values.Select(value => value.Length == 0 ? null : (object)double.Parse(value, CultureInfo.InvariantCulture))];
        return [.. values.Select(value => value.Length == 0 ? null : value)];
    }

    private static IEnumerable<List<string>> Rows(string text, char separator)
    {
        var row = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (quoted)
            {
                if (character != '"')
                    field.Append(character);
                else if (i + 1 < text.Length && text[i + 1] == '"')
                    field.Append(text[i++]);
                else
                    quoted = false;
            }
            else if (character == '"' && field.Length == 0)
            {
                quoted = true;
            }
            else if (character == separator)
            {
                row.Add(field.ToString());
                field.Clear();
            }
            else if (character == '\n')
            {
                row.Add(field.ToString());
                field.Clear();
                yield return row;
                row = [];
            }
            else if (character != '\r' || i + 1 >= text.Length || text[i + 1] != '\n')
            {
                field.Append(character);
            }
        }

        if (field.Length > 0 || row.Count > 0)
        {
            row.Add(field.ToString());
            yield return row;
        }
    }
}
