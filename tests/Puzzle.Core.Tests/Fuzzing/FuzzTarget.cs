using System.Text;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Fuzzing;

/// <summary>A reader of files from outside, and sound files to start from.</summary>
/// <param name="Name">What it reads.</param>
/// <param name="File">The name under which it expects the file.</param>
/// <param name="Seeds">Sound inputs.</param>
/// <param name="Read">Reads the file at a path, in a folder of its own.</param>
public sealed record FuzzTarget(string Name, string File, IReadOnlyList<byte[]> Seeds, Action<string> Read)
{
    private const string Template = "{% set ns = namespace(n=0) %}{% for m in messages %}{% if m.role == 'user' and loop.index0 % 2 == 0 %}{{ '<|u|>' + m['content'] | trim }}{% else %}{{ m.content.split('x')[-1] | tojson }}{% endif %}{% set ns.n = ns.n + 1 %}{% endfor %}{% macro f(a, b=2) %}{{ a ~ b }}{% endmacro %}{{ f(ns.n) }}{{ '%5d' | format(3) }}{{ [3, 1] | sort | join(', ') }}";

    private const string Tokenizer = """
        {"version":"1.0","added_tokens":[{"id":0,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
        "normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"a+"},"content":"a"}]},
        "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"Split","pattern":{"Regex":"\\s+|[a-z]+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]},
        "post_processor":null,"decoder":{"type":"ByteLevel"},
        "model":{"type":"BPE","unk_token":null,"fuse_unk":false,"byte_fallback":false,"vocab":{"<s>":0,"a":1,"b":2,"c":3,"ab":4,"abc":5,"Ġ":6,"1":7,"2":8},"merges":[["a","b"],["ab","c"]]}}
        """;

    /// <summary>All readers; small sound files are made in a folder.</summary>
    public static IReadOnlyList<FuzzTarget> All(string folder)
    {
        var config = new ModelConfig
        {
            Family = "llama",
            HiddenSize = 8,
            VocabSize = 16,
            Heads = 2,
            HeadDim = 4,
            TieWordEmbeddings = true,
            RopeScaling = new("llama3", 8, 1, 4, 64),
            Layers = [new(new GroupedQuerySpec(1), new SwiGluSpec(8)), new(new NoOpAttentionSpec(), new SwiGluSpec(16)), new(new GroupedQuerySpec(2), new NoOpFeedForwardSpec())],
        };
        ReadTensor ones = (_, values) => values.Fill(1);
        var child = Path.Combine(folder, "seed");
        ChildFolderWriter.Write(child, config, ones, new() { Type = StoredType.F32 });
        var anymodel = Path.Combine(folder, "seed-anymodel");
        ChildFolderWriter.Write(anymodel, config, ones, new() { Type = StoredType.BF16, Format = ChildFormat.AnyModel });
        var gguf = Path.Combine(folder, "seed.gguf");
        GgufExport.Write(gguf, config, ones, new() { Type = StoredType.F16 });
        return
        [
            new("safetensors", "model.safetensors", [Bytes(child, "model.safetensors"), Bytes(anymodel, "model.safetensors")], path =>
            {
                using var file = SafetensorsFile.Open(path);
                foreach (var (name, info) in file.Tensors)
                {
                    if (Widening.IsFloat(info.Type) && info.Count < 1 << 16)
                        file.Read(name, new float[info.Count]);
                }
            }),
            new("gguf", "model.gguf", [Bytes(folder, "seed.gguf")], path =>
            {
                using var file = GgufFile.Open(path);
                foreach (var (name, info) in file.Tensors)
                    file.Read(name, new float[info.Count]);
            }),
            new("config", "config.json", [Bytes(child, "config.json"), Bytes(anymodel, "config.json")], path => HuggingFaceConfig.Read(path)),
            new("tokenizer", "tokenizer.json", [.. new[] { "Isolated", "MergedWithNext", "MergedWithPrevious", "Contiguous", "Removed" }.Select(behavior => Encoding.UTF8.GetBytes(Tokenizer.Replace("Isolated", behavior)))], path => Tokenizers.Load(Path.GetDirectoryName(path)!).Encode("abc <s> 12 aab", addSpecial: true)),
            new("template", "chat_template.jinja", [Encoding.UTF8.GetBytes(Template)], path => ChatTemplate.Parse(System.IO.File.ReadAllText(path)).Apply(new[]
            {
                new Dictionary<string, object?> { ["role"] = "user", ["content"] = " hi x " },
                new Dictionary<string, object?> { ["role"] = "assistant", ["content"] = "yes x no" },
            })),
            new("recipe", "recipe.yaml", [Encoding.UTF8.GetBytes(Recipe)], path => RecipeReader.Read<Recipe>(path, [])),
        ];
    }

    private const string Recipe = """
        parent: path/to/model
        data:
          sources:
            - path: books
              weight: 1
        distill: {tokens: 1M, batch: 8}
        target:
          scenarios:
            - name: chat
              batches: [1, 8]
              prompt_tokens: 128
              output_tokens: 64
              limits: {throughput: {at_least: 1.5x}}
        """;

    private static byte[] Bytes(string folder, string name) => System.IO.File.ReadAllBytes(Path.Combine(folder, name));
}
