using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Measurement.Tables;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Measurement;

public sealed class CostTableFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-").FullName;

    [Fact]
    public void JsonAndCsvHoldTheSame()
    {
        var table = Table();
        foreach (var (name, text) in new[] { ("costs.json", table.ToJson()), ("costs.csv", CostCsv.Write(table)), ("windows.csv", CostCsv.Write(table).ReplaceLineEndings("\r\n")) })
        {
            var warnings = new List<string>();
            Assert.Equal(table.ToJson(), CostTableFile.Read(Write(name, text), warnings).ToJson());
            Assert.Empty(warnings);
        }
    }

    [Fact]
    public void AFileThatIsCutOffAnywhereIsRefusedByName()
    {
        var json = Table().ToJson();
        for (var length = 0; length < json.Length - 1; length += 7)
            Assert.Contains("cut.json", Refused("cut.json", json[..length]), StringComparison.Ordinal);
        Assert.Contains("cut off", Refused("cut.json", json[..(json.Length / 2)]), StringComparison.Ordinal);
        var csv = CostCsv.Write(Table());
        var fixedLine = csv.IndexOf(",fixed,", StringComparison.Ordinal);
        Assert.Contains("cut off", Refused("cut.csv", csv[..(fixedLine + 12)]), StringComparison.Ordinal);
        Assert.Contains("no workloads", Refused("cut.csv", csv[..(csv.IndexOf("spread", StringComparison.Ordinal) + 7)]), StringComparison.Ordinal);
        Assert.Contains("no line 'fixed'", Refused("cut.csv", csv.Replace(",fixed,", ",other,", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("# hardware", Refused("cut.csv", csv.Replace("# hardware", "# machine", StringComparison.Ordinal)), StringComparison.Ordinal);
        // A table that ends at the end of a line has lost subblocks; whoever looks for one is told its name.
        var whole = CostTableFile.Read(Write("short.csv", string.Join('\n', csv.Split('\n')[..6]) + '\n'), []);
        Assert.Contains("gqa_2", Assert.Throws<BadInputException>(() => whole.Workloads[0].Of(new GroupedQuerySpec(2))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-0.5", "ffn_64, batch 1, 8 in, 4 out: prefill_ms is -0.5")]
    [InlineData("NaN", "ffn_64, batch 1, 8 in, 4 out: prefill_ms is NaN")]
    [InlineData("1e999", "prefill_ms is Infinity")]
    [InlineData("fast", "line 7: prefill_ms is 'fast'; it must be a number")]
    public void ATimeThatCannotBeIsRefusedByName(string time, string said) =>
        Assert.Contains(said, Refused("times.csv", CostCsv.Write(Table()).Replace("1,8,4,ffn_64,2,", $"1,8,4,ffn_64,{time},", StringComparison.Ordinal)), StringComparison.Ordinal);

    [Fact]
    public void AWorkloadThatStandsThereTwiceIsRefusedByName()
    {
        var table = Table();
        Assert.Contains("batch 1, 8 in, 4 out stands there 2 times", Refused("twice.json", (table with { Workloads = [.. table.Workloads, table.Workloads[0]] }).ToJson()), StringComparison.Ordinal);
        Assert.Contains("stands twice", Refused("twice.csv", CostCsv.Write(table) + "1,8,4,ffn_64,1,1,1\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "ffn_128", 1.0, "a wider network is faster: ffn_128 takes")]
    [InlineData(1, "gqa_2", 0.1, "an attention with more KV heads is faster: gqa_2 takes")]
    [InlineData(4, "ffn_64", 0.5, "ffn_64: a larger batch is faster: batch 4, 8 in, 4 out takes")]
    public void MoreWorkForLessTimeIsWarnedAboutByName(int batch, string subblock, double ms, string said)
    {
        var table = Table();
        var changed = table with
        {
            Workloads = [.. table.Workloads.Select(costs => costs.Workload.Batch == batch ? costs with { Subblocks = costs.Subblocks.ToDictionary(pair => pair.Key, pair => pair.Key == subblock ? new SubblockCost(ms, ms / 10, ms / 10) : pair.Value) } : costs)],
        };
        var warnings = new List<string>();
        CostTableFile.Read(Write("odd.json", changed.ToJson()), warnings);
        Assert.Contains(warnings, warning => warning.Contains("odd.json", StringComparison.Ordinal) && warning.Contains(said, StringComparison.Ordinal));
    }

    [Fact]
    public void TimesOfOtherHardwareOrAnotherTypeAreNamed()
    {
        Assert.Null(CostChecks.Foreign(Table(), "t.json", "a machine, 2 threads", "f32"));
        Assert.Equal("t.json: its times are from 'a machine, 2 threads' and this is 'another': what is predicted holds there, not here", CostChecks.Foreign(Table(), "t.json", "another", "f32"));
        Assert.Contains("its weights are f32 and the recipe's q8_0", CostChecks.Foreign(Table(), "t.json", "a machine, 2 threads", "q8_0"), StringComparison.Ordinal);
    }

    [Fact]
    public void PuzzletronsStatisticsAreRead()
    {
        const string stats = """
            [{"args": {"gpu": "NVIDIA H100", "batch_size": 64, "prefill_seq_len": 128, "generation_seq_len": 100, "prefill_queue_size": 0, "n_embd": 64, "weights_dtype": "torch.bfloat16"},
              "non_block": {"runtime_ms": 9, "prefill_runtime_ms": 4, "decode_runtime_ms": 5, "memory_mib": 1, "num_params": 5},
              "subblocks": [
                {"subblock_config": {"no_op": false, "replace_with_linear": false, "num_key_value_heads": 8}, "subblock_config_class": "AttentionConfig", "parent_layer_index": null, "runtime_ms": 30, "prefill_runtime_ms": 10, "decode_runtime_ms": 20},
                {"subblock_config": {"no_op": true, "num_key_value_heads": null}, "subblock_config_class": "AttentionConfig", "runtime_ms": 0},
                {"subblock_config": {"no_op": false, "replace_with_linear": true}, "subblock_config_class": "FFNConfig", "runtime_ms": 3, "prefill_runtime_ms": 1, "decode_runtime_ms": 2},
                {"subblock_config": {"no_op": false, "intermediate_size": 256}, "subblock_config_class": "FFNConfig", "runtime_ms": 7, "prefill_runtime_ms": 2, "decode_runtime_ms": 5}]}]
            """;
        var warnings = new List<string>();
        var table = CostTableFile.Read(Write("subblock_stats.json", stats), warnings);
        Assert.Empty(warnings);
        Assert.Equal(("NVIDIA H100", "bfloat16"), (table.Hardware, table.Dtype));
        var costs = table.Of(new Workload(64, 128, 100));
        Assert.Equal(30, costs.Of(new GroupedQuerySpec(8)).TotalMs(costs.Workload), 9);
        Assert.Equal(10, costs.Of(new GroupedQuerySpec(8)).PrefillMs);
        Assert.Equal(0.05, costs.Of(new SwiGluSpec(256)).FirstDecodeMs);
        Assert.Equal(3, costs.Of(new LinearFeedForwardSpec()).TotalMs(costs.Workload), 9);
        Assert.Equal(9 + 30 + 7, costs.PredictMs([new LayerSpec(new GroupedQuerySpec(8), new SwiGluSpec(256))]), 9);

        var untold = CostTableFile.Read(Write("untold.json", stats.Replace("\"prefill_runtime_ms\": 10", "\"prefill_runtime_ms\": null", StringComparison.Ordinal)), warnings);
        Assert.Equal(30, untold.Workloads[0].Of(new GroupedQuerySpec(8)).TotalMs(costs.Workload), 9);
        Assert.Contains("not told apart", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Contains("bad.json", Refused("bad.json", stats.Replace("\"runtime_ms\": 7", "\"runtime_ms\": -7", StringComparison.Ordinal).Replace("\"decode_runtime_ms\": 5}", "\"decode_runtime_ms\": -5}", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void SharedCostsAreFoundByWhatTheyHoldForAndGrow()
    {
        var (workload, other) = (new Workload(1, 8, 4), new Workload(4, 8, 4));
        SubblockSpec[] specs = [new SwiGluSpec(64), new NoOpFeedForwardSpec()];
        SharedCosts Of(string hardware) => new(Path.Combine(_folder, "shared"), new ContentKey().Add("hardware", hardware), new CostTable { Engine = "torch", Hardware = hardware, Dtype = "f32", Workloads = [] });
        var table = Table();
        Assert.Null(Of("here").Find(workload, specs));
        Of("here").Add(table.Of(workload) with { Subblocks = new Dictionary<string, SubblockCost> { ["ffn_64"] = new(1, 2, 3) } });
        Assert.Equal(new(1, 2, 3), Of("here").Find(workload, specs)!.Of(specs[0]));
        Assert.Null(Of("here").Find(other, specs));
        Assert.Null(Of("here").Find(workload, [.. specs, new SwiGluSpec(128)]));
        Assert.Null(Of("elsewhere").Find(workload, specs));
        Of("here").Add(table.Of(workload) with { Subblocks = new Dictionary<string, SubblockCost> { ["ffn_128"] = new(4, 5, 6) } });
        Of("here").Add(table.Of(other));
        Assert.NotNull(Of("here").Find(workload, [.. specs, new SwiGluSpec(128)]));
        Assert.NotNull(Of("here").Find(other, specs));
        // Whatever stands in the way of a file is measured again.
        var file = Assert.Single(Directory.GetFiles(Path.Combine(_folder, "shared")));
        File.WriteAllText(file, File.ReadAllText(file)[..100]);
        Assert.Null(Of("here").Find(workload, specs));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CostTable Table()
    {
        WorkloadCosts Costs(int batch) => new(new Workload(batch, 8, 4), new SubblockCost(1.5, 0.25, 0.25), new Dictionary<string, SubblockCost>
        {
            ["gqa_1"] = new(batch, 0.1 * batch, 0.2 * batch) { Spread = 0.01 },
            ["ffn_64"] = new(2 * batch, 0.2 * batch, 0.2 * batch),
            ["gqa_2"] = new(1.5 * batch, 0.2 * batch, 0.4 * batch),
            ["ffn_128"] = new(4 * batch, 0.4 * batch, 0.4 * batch),
        });
        return new CostTable { Engine = "torch", Hardware = "a machine, 2 threads", Dtype = "f32", Workloads = [Costs(1), Costs(4)] };
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string Refused(string name, string text) => Assert.Throws<BadInputException>(() => CostTableFile.Read(Write(name, text), [])).Message;
}
