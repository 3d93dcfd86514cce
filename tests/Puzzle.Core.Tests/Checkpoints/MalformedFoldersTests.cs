using System.Text.Json.Nodes;
using CsCheck;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Checkpoints;

public class MalformedFoldersTests
{
    private static readonly string[] Sizes = ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "max_position_embeddings", "head_dim"];
    private static readonly string[] Positive = ["rms_norm_eps", "rope_theta"];
    private static readonly string[] Wrong = ["0", "-1", "0.5", "1e400", "\"8\"", "[8]", "{}", "true", "99999999999", "1e3"];

    [Fact]
    public void EveryWrongValueOfEveryKeyIsRefusedByName()
    {
        foreach (var key in Sizes.Concat(Positive))
        {
            foreach (var value in Wrong)
            {
                if (Positive.Contains(key) && value is ("0.5" or "99999999999" or "1e3"))
                    continue;
                var error = Config(json => json[key] = JsonValue.Create("@"), text => text.Replace("\"@\"", value, StringComparison.Ordinal));
                Assert.True(error is not null, $"{key}: {value}");
                Assert.Contains(key, error.Message);
            }
        }
    }

    [Theory]
    [InlineData("rope_scaling", """{"rope_type": "yarn", "factor": 2}""")]
    [InlineData("rope_scaling", """{"rope_type": "linear"}""")]
    [InlineData("rope_scaling", """{"rope_type": "linear", "factor": -1}""")]
    [InlineData("rope_scaling", """{"rope_type": "linear", "factor": "2"}""")]
    [InlineData("rope_scaling", """{"rope_type": 3, "factor": 2}""")]
    [InlineData("rope_scaling", """{"factor": 2}""")]
    [InlineData("rope_scaling", """[2]""")]
    [InlineData("rope_scaling", """{"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1, "original_max_position_embeddings": 64}""")]
    [InlineData("rope_scaling", """{"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 0}""")]
    [InlineData("rope_parameters", """{"full_attention": {"rope_theta": 10000}}""")]
    [InlineData("rope_parameters", """{"rope_theta": 0}""")]
    [InlineData("partial_rotary_factor", "0.5")]
    [InlineData("hidden_act", "\"gelu\"")]
    [InlineData("hidden_act", "3")]
    [InlineData("tie_word_embeddings", "\"yes\"")]
    [InlineData("attention_bias", "1")]
    [InlineData("eos_token_id", "\"</s>\"")]
    [InlineData("eos_token_id", "[1.5]")]
    [InlineData("model_type", "\"gpt2\"")]
    [InlineData("model_type", "7")]
    [InlineData("architectures", "[\"LlamaForSequenceClassification\"]")]
    [InlineData("architectures", "\"LlamaForCausalLM\"")]
    [InlineData("quantization_config", """{"quant_method": "gptq"}""")]
    [InlineData("block_configs", "[]")]
    [InlineData("block_configs", "{}")]
    [InlineData("block_configs", "[1, 2]")]
    [InlineData("block_configs", """[{"attention": {}, "ffn": {}}, {}]""")]
    [InlineData("block_configs", """[{"attention": {"no_op": 1}, "ffn": {"no_op": true}}, {"attention": {"no_op": true}, "ffn": {"no_op": true}}]""")]
    [InlineData("block_configs", """[{"attention": {"num_key_value_heads": 3}, "ffn": {"no_op": true}}, {"attention": {"no_op": true}, "ffn": {"no_op": true}}]""")]
    [InlineData("block_configs", """[{"attention": {"no_op": true, "mamba": {}}, "ffn": {"no_op": true}}, {"attention": {"no_op": true}, "ffn": {"no_op": true}}]""")]
    [InlineData("block_configs", """[{"attention": {"no_op": true}, "ffn": {"intermediate_size": 9, "moe": {"num_local_experts": 8}}}, {"attention": {"no_op": true}, "ffn": {"no_op": true}}]""")]
    [InlineData("block_configs", """[{"attention": {"no_op": true}, "ffn": {"no_op": true}, "parallel_blocks": []}, {"attention": {"no_op": true}, "ffn": {"no_op": true}}]""")]
    [InlineData("block_configs", """[{"attention": {"no_op": true}, "ffn": {"intermediate_size": 300, "ffn_mult": 1}}, {"attention": {"no_op": true}, "ffn": {"no_op": true}}]""")]
    [InlineData("block_configs", """[{"attention": {"n_heads_in_group": 2, "window_length": 8, "num_sink_tokens": 4}, "ffn": {"no_op": true}}, {"attention": {"no_op": true}, "ffn": {"no_op": true}}]""")]
    [InlineData("per_layer_config", """{"2": {}}""")]
    [InlineData("per_layer_config", """{"-1": {}}""")]
    [InlineData("per_layer_config", """{"0": 1}""")]
    [InlineData("per_layer_config", """{"0": {"skip": ["norm"]}}""")]
    [InlineData("per_layer_config", """{"0": {"num_key_value_heads": 3}}""")]
    [InlineData("per_layer_config", """{"0": {"intermediate_size": 0}}""")]
    public void WhatCannotBeIsRefused(string key, string value) =>
        Assert.NotNull(Config(json => json[key] = JsonNode.Parse(value), text => text));

    [Fact]
    public void EveryTruncationOfAConfigurationIsRefused()
    {
        var text = File.ReadAllText(Shared.Golden("hostile", "config", "valid-deci.json")).TrimEnd();
        for (var length = 0; length < text.Length; length += 7)
            Assert.NotNull(Read(text[..length]));
    }

    [Fact]
    public void ChangedConfigurationsAreReadOrRefusedButNothingElse()
    {
        var sound = File.ReadAllBytes(Shared.Golden("hostile", "config", "valid-deci.json"));
        Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Byte).List[1, 4].Sample(changes =>
        {
            using var folder = new TemporaryFolder();
            var file = sound.ToArray();
            foreach (var (at, value) in changes)
                file[at] = value;
            Malformed.Open(folder.File("config.json", file), path => HuggingFaceConfig.Read(path));
        }, iter: 2000, threads: 1);
    }

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("..\\\\model.safetensors")]
    [InlineData("/etc/model.safetensors")]
    [InlineData("~/../model.safetensors")]
    [InlineData("./model.safetensors")]
    [InlineData("a/../../model.safetensors")]
    [InlineData("a//model.safetensors")]
    [InlineData("C:model.safetensors")]
    [InlineData("C:\\\\model.safetensors")]
    [InlineData("\\\\\\\\server\\\\share\\\\model.safetensors")]
    [InlineData("http://example.org/model.safetensors")]
    [InlineData("model.safetensors\\u0000.json")]
    [InlineData("a\\u0000b.safetensors")]
    [InlineData("a\\nb.safetensors")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("model.bin")]
    [InlineData("config.json")]
    [InlineData("absent.safetensors")]
    [InlineData("\\ud800.safetensors")]
    public void ShardsOutsideOfTheFolderAreRefused(string shard)
    {
        using var folder = new TemporaryFolder();
        var inner = Directory.CreateDirectory(Path.Combine(folder.Path, "inner")).FullName;
        SafetensorsWriter.WriteFile(Path.Combine(folder.Path, "model.safetensors"), [new("a", StoredType.F32, [1])], (_, values) => values.Clear());
        var index = Path.Combine(inner, ShardIndex.IndexName);
        File.WriteAllText(index, """{"weight_map": {"a": "@"}}""".Replace("@", shard, StringComparison.Ordinal));
        Assert.NotNull(Malformed.Open(index, _ => ShardIndex.Open(inner).Dispose()));
    }

    [Fact]
    public void AliasesThatGoInACircleAreRefused()
    {
        using var folder = new TemporaryFolder();
        var config = TinyModel.Config();
        Write(folder.Path, config, WeightLayout.Of(config).Skip(1), new Dictionary<string, string>
        {
            [WeightLayout.Embedding] = WeightLayout.Head,
            [WeightLayout.Head] = "x",
            ["x"] = WeightLayout.Embedding,
        });
        Assert.Contains($"{WeightLayout.Embedding} is missing", Open(folder.Path)!.Message);
    }

    [Fact]
    public void EveryMissingOrMisshapenTensorIsNamed()
    {
        var config = TinyModel.Config(
            new LayerSpec(new GroupedQuerySpec(4), new SwiGluSpec(64)), new(new LinearAttentionSpec(), new LinearFeedForwardSpec()));
        foreach (var (name, shape) in WeightLayout.Of(config))
        {
            using var folder = new TemporaryFolder();
            Write(folder.Path, config, WeightLayout.Of(config).Where(tensor => tensor.Name != name));
            Assert.Contains($"{name} is missing", Open(folder.Path)!.Message);
            Write(folder.Path, config, WeightLayout.Of(config).Select(tensor => tensor.Name == name ? (name, [.. shape[..^1], shape[^1] + 1]) : tensor));
            Assert.Contains($"{name} has shape", Open(folder.Path)!.Message);
            Write(folder.Path, config, WeightLayout.Of(config).Select(tensor => tensor.Name == name ? (name, [.. shape, 1L]) : tensor));
            Assert.Contains($"{name} has shape", Open(folder.Path)!.Message);
        }
    }

    private static void Write(string folder, ModelConfig config, IEnumerable<(string Name, long[] Shape)> tensors, Dictionary<string, string>? metadata = null)
    {
        File.WriteAllText(Path.Combine(folder, "config.json"), ChildConfig.Write(config, new()).ToJsonString());
        SafetensorsWriter.WriteFile(
            Path.Combine(folder, ShardIndex.SingleName), [.. tensors.Select(tensor => new TensorInfo(tensor.Name, StoredType.F32, tensor.Shape))], (_, values) => values.Fill(1), metadata);
    }

    private static BadInputException? Open(string folder) => Malformed.Open(Path.Combine(folder, ShardIndex.SingleName), _ => HuggingFaceFolder.Open(folder).Dispose());

    private static BadInputException? Config(Action<JsonObject> change, Func<string, string> edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(Shared.Golden("hostile", "config", "valid.json")))!.AsObject();
        change(json);
        return Read(edit(json.ToJsonString()));
    }

    private static BadInputException? Read(string text)
    {
        using var folder = new TemporaryFolder();
        return Malformed.Open(folder.File("config.json", System.Text.Encoding.UTF8.GetBytes(text)), path => HuggingFaceConfig.Read(path));
    }
}
