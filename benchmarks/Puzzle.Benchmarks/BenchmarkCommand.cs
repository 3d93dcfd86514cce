using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puzzle.Core.Errors;
using Puzzle.Core.Runs;

namespace Puzzle.Benchmarks;

/// <summary>
/// <c>benchmarks/run [NAME...] [--check] [--json] [--no-record]</c>: runs benchmarks, prints tables and bounds, ends stdout with
/// one JSON line. With <c>--json</c> all else goes to stderr.
/// </summary>
internal sealed class BenchmarkCommand(TextWriter output, TextWriter error)
{
    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>0 done, 1 a bound is missed (with --check) or an unexpected failure, else as the tool's exit codes.</summary>
    public int Run(string[] args)
    {
        try
        {
            var (root, names, check, json, record) = Parse(args);
            return names.Count == 0 ? List(json) : RunAll(root, names, check, json, record);
        }
        catch (PuzzleException e)
        {
            error.WriteLine($"error: {e.Message}");
            WriteJson(new JsonObject { ["status"] = "error", ["exit_code"] = e.ExitCode, ["error"] = e.Message });
            return e.ExitCode;
        }
    }

    private static (string Root, List<string> Names, bool Check, bool Json, bool Record) Parse(string[] args)
    {
        string root = Directory.GetCurrentDirectory();
        List<string> names = [];
        var (check, json, record) = (false, false, true);
        string[] options = ["--check", "--json", "--no-record"];
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--root" when i + 1 < args.Length:
                    root = args[++i];
                    break;
                case "--check":
                    check = true;
                    break;
                case "--json":
                    json = true;
                    break;
                case "--no-record":
                    record = false;
                    break;
                case var option when option.StartsWith('-'):
                    throw new RecipeException($"option '{option}' is not known{DidYouMean.Hint(option, options)}; options are {string.Join(", ", options)}");
                default:
                    names.Add(args[i]);
                    break;
            }
        }

        return (root, names, check, json, record);
    }

    private int List(bool json)
    {
        var width = BenchmarkCatalogue.All.Max(benchmark => benchmark.Name.Length);
        foreach (var benchmark in BenchmarkCatalogue.All)
            (json ? error : output).WriteLine($"{benchmark.Name.PadRight(width)}  {benchmark.Purpose}");
        if (json)
            WriteJson(new JsonObject { ["benchmarks"] = new JsonObject(BenchmarkCatalogue.All.Select(benchmark => KeyValuePair.Create(benchmark.Name, (JsonNode?)benchmark.Purpose))) });
        return 0;
    }

    private int RunAll(string root, List<string> names, bool check, bool json, bool record)
    {
        var benchmarks = names.ConvertAll(BenchmarkCatalogue.Of);
        var bounds = BoundsFile.Read(Path.Combine(root, "benchmarks", "bounds.yaml"));
        var results = json ? error : output;
        List<BenchmarkRecord> records = [];
        foreach (var benchmark in benchmarks)
        {
            var start = Stopwatch.GetTimestamp();
            var result = benchmark.Run(new BenchmarkContext(root, error));
            var done = new BenchmarkRecord(benchmark, result, bounds.GetValueOrDefault(benchmark.Name) ?? [], Hardware.Current, DateTime.UtcNow, Stopwatch.GetElapsedTime(start).TotalSeconds);
            records.Add(done);
            results.WriteLine(done.ToMarkdown());
            if (record)
                Record(root, done);
        }

        var missed = records.SelectMany(done => done.Missed.Select(bound => (JsonNode)$"{done.Benchmark.Name}.{bound.Metric}")).ToArray();
        WriteJson(new JsonObject
        {
            ["status"] = missed.Length == 0 ? "ok" : "missed",
            ["missed"] = new JsonArray(missed),
            ["benchmarks"] = new JsonObject(records.Select(done => KeyValuePair.Create(done.Benchmark.Name, (JsonNode?)done.ToJson()))),
        });
        return check && missed.Length > 0 ? 1 : 0;
    }

    private static void Record(string root, BenchmarkRecord done)
    {
        var folder = Path.Combine(root, "benchmarks", "results", done.Hardware.Slug);
        Directory.CreateDirectory(folder);
        AtomicFile.WriteText(Path.Combine(folder, done.Benchmark.Name + ".json"), done.ToJsonText());
        AtomicFile.WriteText(Path.Combine(folder, done.Benchmark.Name + ".md"), done.ToMarkdown());
    }

    private void WriteJson(JsonObject document) => output.WriteLine(document.ToJsonString(s_line));
}
