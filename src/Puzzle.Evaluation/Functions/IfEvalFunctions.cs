using System.Text.Json;
using System.Text.RegularExpressions;
using Puzzle.Core.Errors;
using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Functions;

/// <summary>
/// IFEval: instructions whose following can be checked on the text alone. Those that need a language detector or a
/// trained sentence splitter are not checked here; documents that hold one are left out.
/// </summary>
public static class IfEvalFunctions
{
    private static readonly Dictionary<string, Func<string, Arguments, bool>> s_checks = new(StringComparer.Ordinal)
    {
        ["keywords:existence"] = (text, given) => given.Texts("keywords").All(word => Matches(text, word) > 0),
        ["keywords:frequency"] = (text, given) => given.Holds(Matches(text, PythonText.Trim(given.Text("keyword"))), "frequency"),
        ["keywords:forbidden_words"] = (text, given) => given.Texts("forbidden_words").All(word => Matches(text, $@"\b{word}\b") == 0),
        ["keywords:letter_frequency"] = LetterFrequency,
        ["length_constraints:number_words"] = (text, given) => given.Holds(Regex.Count(text, @"\w+"), "num_words"),
        ["length_constraints:number_paragraphs"] = Paragraphs,
        ["length_constraints:nth_paragraph_first_word"] = ParagraphFirstWord,
        ["detectable_content:number_placeholders"] = (text, given) => Regex.Count(text, @"\[.*?\]") >= given.Number("num_placeholders"),
        ["detectable_content:postscript"] = Postscript,
        ["detectable_format:number_bullet_lists"] = (text, given) =>
            Regex.Count(text, @"^\s*\*[^\*].*$", RegexOptions.Multiline) + Regex.Count(text, @"^\s*-.*$", RegexOptions.Multiline) == given.Number("num_bullets"),
        ["detectable_format:constrained_response"] = (text, _) =>
            new[] { "My answer is yes.", "My answer is no.", "My answer is maybe." }.Any(answer => text.Contains(answer, StringComparison.Ordinal)),
        ["detectable_format:number_highlighted_sections"] = (text, given) =>
            Regex.Matches(text, @"\*[^\n\*]*\*").Count(match => PythonText.Trim(match.Value.Trim('*')).Length > 0) +
            Regex.Matches(text, @"\*\*[^\n\*]*\*\*").Count(match => PythonText.Trim(match.Value[2..^2]).Length > 0) >= given.Number("num_highlights"),
        ["detectable_format:multiple_sections"] = (text, given) =>
            Matches(text, $@"\s?{PythonText.Trim(given.Text("section_spliter"))}\s?\d+\s?", RegexOptions.None) >= given.Number("num_sections"),
        ["detectable_format:json_format"] = (text, _) => IsJson(text),
        ["detectable_format:title"] = (text, _) =>
            Regex.Matches(text, @"<<[^\n]+>>").Any(match => PythonText.Trim(match.Value.TrimStart('<').TrimEnd('>')).Length > 0),
        ["combination:two_responses"] = (text, _) => TwoResponses(text),
        ["combination:repeat_prompt"] = (text, given) =>
            PythonText.Trim(text).ToLowerInvariant().StartsWith(PythonText.Trim(given.Text("prompt_to_repeat")).ToLowerInvariant(), StringComparison.Ordinal),
        ["startend:end_checker"] = (text, given) =>
            PythonText.Trim(text).Trim('"').ToLowerInvariant().EndsWith(PythonText.Trim(given.Text("end_phrase")).ToLowerInvariant(), StringComparison.Ordinal),
        ["startend:quotation"] = (text, _) => PythonText.Trim(text) is { Length: > 1 } trimmed && trimmed[0] == '"' && trimmed[^1] == '"',
        ["punctuation:no_comma"] = (text, _) => !text.Contains(','),
    };

    /// <summary>The documents all of whose instructions can be checked.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, object?>> Checkable(IEnumerable<IReadOnlyDictionary<string, object?>> documents) =>
        documents.Where(document => document.Texts("instruction_id_list").All(s_checks.ContainsKey));

    /// <summary>Whether all instructions, and how many of them, are followed: as written, and in the best of eight loosened readings.</summary>
    public static IReadOnlyDictionary<string, DocumentScore> ProcessResults(IReadOnlyDictionary<string, object?> document, IReadOnlyList<Response> responses)
    {
        var response = responses[0].Text ?? "";
        var instructions = Instructions(document);
        var strict = instructions.Count(instruction => Follows(instruction, response));
        var readings = Loosened(response);
        var loose = instructions.Count(instruction => readings.Any(reading => Follows(instruction, reading)));
        return new Dictionary<string, DocumentScore>(StringComparer.Ordinal)
        {
            ["prompt_level_strict_acc"] = new(strict == instructions.Count ? 1 : 0),
            ["inst_level_strict_acc"] = new(strict, instructions.Count),
            ["prompt_level_loose_acc"] = new(loose == instructions.Count ? 1 : 0),
            ["inst_level_loose_acc"] = new(loose, instructions.Count),
        };
    }

    private static List<(string Id, Arguments Given)> Instructions(IReadOnlyDictionary<string, object?> document)
    {
        var ids = document.Texts("instruction_id_list");
        var given = document.GetValueOrDefault("kwargs") is IEnumerable<object?> list ? list.ToList() : [];
        return [.. ids.Select((id, i) => (id, new Arguments(id, i < given.Count ? given[i] as IReadOnlyDictionary<string, object?> : null)))];
    }

    private static bool Follows((string Id, Arguments Given) instruction, string text) =>
        PythonText.Trim(text).Length > 0 && s_checks.TryGetValue(instruction.Id, out var check) && check(text, instruction.Given);

    private static string[] Loosened(string text)
    {
        var lines = text.Split('\n');
        string[] readings =
        [
            text,
            PythonText.Trim(string.Join('\n', lines.Skip(1))),
            PythonText.Trim(string.Join('\n', lines.SkipLast(1))),
            PythonText.Trim(string.Join('\n', lines.Skip(1).SkipLast(1))),
        ];
        return [.. readings, .. readings.Select(reading => reading.Replace("*", ""))];
    }

    private static int Matches(string text, string pattern, RegexOptions options = RegexOptions.IgnoreCase) =>
        Regex.Count(text, pattern, options | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));

    private static bool LetterFrequency(string text, Arguments given)
    {
        var letter = PythonText.Trim(given.Text("letter")).ToLowerInvariant();
        var count = letter.Length == 1 ? text.ToLowerInvariant().Count(character => character == letter[0]) : 0;
        return given.Text("let_relation") == "less than" ? count < given.Number("let_frequency") : count >= given.Number("let_frequency");
    }

    private static bool Paragraphs(string text, Arguments given)
    {
        var paragraphs = Regex.Split(text, @"\s?\*\*\*\s?");
        var count = paragraphs.Length;
        for (var i = 0; i < paragraphs.Length; i++)
        {
            if (PythonText.Trim(paragraphs[i]).Length > 0)
                continue;
            if (i > 0 && i < paragraphs.Length - 1)
                return false;
            count--;
        }

        return count == given.Number("num_paragraphs");
    }

    private static bool ParagraphFirstWord(string text, Arguments given)
    {
        var paragraphs = text.Split("\n\n");
        var count = paragraphs.Count(paragraph => PythonText.Trim(paragraph).Length > 0);
        var nth = given.Number("nth_paragraph");
        if (nth < 1 || nth > count || PythonText.Trim(paragraphs[nth - 1]) is not { Length: > 0 } chosen)
            return false;
        var word = new string([.. chosen.TakeWhile(character => !PythonText.IsSpace(character))]).TrimStart('\'').TrimStart('"');
        var first = new string([.. word.TakeWhile(character => !".,?!'\"".Contains(character))]).ToLowerInvariant();
        return count == given.Number("num_paragraphs") && string.Equals(first, given.Text("first_word"), StringComparison.OrdinalIgnoreCase);
    }

    private static bool Postscript(string text, Arguments given)
    {
        var marker = PythonText.Trim(given.Text("postscript_marker"));
        var pattern = marker switch
        {
            "P.P.S" => @"\s*p\.\s?p\.\s?s.*$",
            "P.S." => @"\s*p\.\s?s\..*$",
            _ => $@"\s*{marker.ToLowerInvariant()}.*$",
        };
        return Matches(text.ToLowerInvariant(), pattern, RegexOptions.Multiline) > 0;
    }

    private static bool IsJson(string text)
    {
        text = PythonText.Trim(text);
        foreach (var fence in (string[])["```json", "```Json", "```JSON", "```"])
        {
            if (text.StartsWith(fence, StringComparison.Ordinal))
                text = text[fence.Length..];
        }

        if (text.EndsWith("```", StringComparison.Ordinal))
            text = text[..^3];
        try
        {
            JsonDocument.Parse(PythonText.Trim(text)).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool TwoResponses(string text)
    {
        var parts = text.Split("******");
        if (parts.Skip(1).SkipLast(1).Any(part => PythonText.Trim(part).Length == 0))
            return false;
        var valid = parts.Select(PythonText.Trim).Where(part => part.Length > 0).ToArray();
        return valid.Length == 2 && valid[0] != valid[1];
    }

    private sealed record Arguments(string Id, IReadOnlyDictionary<string, object?>? Values)
    {
        public string Text(string name) => Values?.GetValueOrDefault(name) as string ?? throw Missing(name);

        public IReadOnlyList<string> Texts(string name) =>
            Values?.GetValueOrDefault(name) is IEnumerable<object?> list ? [.. list.OfType<string>()] : throw Missing(name);

        // Data sets from data frames hold whole numbers as floating-point ones.
        public int Number(string name) => Values?.GetValueOrDefault(name) switch
        {
            long number => (int)number,
            int number => number,
            double number => (int)number,
            _ => throw Missing(name),
        };

        public bool Holds(int count, string threshold) =>
            Text("relation") == "less than" ? count < Number(threshold) : count >= Number(threshold);

        private BadInputException Missing(string name) => new($"ifeval: instruction {Id} has no {name}");
    }
}
