using Puzzle.Core.Text;

namespace Puzzle.Core.Tests.Text;

public class GgufTokenizerTests
{
    private static string Stories => Shared.Path("models", "stories260K", "stories260K-f32-ggufv3.gguf");

    private static string SmolLm => Shared.Path("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");

    [Fact]
    public void Ids_by_scores_equal_llama_cpp()
    {
        var tokenizer = Tokenizers.Load(Stories);
        GoldenTokens.AssertEncodes(tokenizer, "tok512", "llamacpp_ids", addSpecial: false, parseSpecial: true);
        GoldenTokens.AssertEncodes(tokenizer, "tok512", "llamacpp_ids_special", addSpecial: true, parseSpecial: true);
        GoldenTokens.AssertEncodes(tokenizer, "tok512", "llamacpp_ids_plain", addSpecial: false, parseSpecial: false);
    }

    [Fact]
    public void Ids_by_merges_equal_llama_cpp()
    {
        var tokenizer = Tokenizers.Load(SmolLm);
        GoldenTokens.AssertEncodes(tokenizer, "smollm2", "ids", addSpecial: false, parseSpecial: true);
        GoldenTokens.AssertEncodes(tokenizer, "smollm2", "ids_special", addSpecial: true, parseSpecial: true);
        GoldenTokens.AssertEncodes(tokenizer, "smollm2", "ids_plain", addSpecial: false, parseSpecial: false);
    }

    [Fact]
    public void Decoded_text_equals_the_reference()
    {
        foreach (var file in new[] { "encode.jsonl", "decode.jsonl" })
        {
            GoldenTokens.AssertDecodes(Tokenizers.Load(SmolLm), "smollm2", file, "decoded", skipSpecial: false);
            GoldenTokens.AssertDecodes(Tokenizers.Load(SmolLm), "smollm2", file, "decoded_skip", skipSpecial: true);
        }
    }

    [Fact]
    public void Saving_writes_a_tokenizer_with_the_same_ids()
    {
        GoldenTokens.AssertSurvivesSaving(Tokenizers.Load(Stories), "tok512");
        GoldenTokens.AssertSurvivesSaving(Tokenizers.Load(SmolLm), "smollm2");
    }

    [Fact]
    public void Special_tokens_and_template_come_from_the_file()
    {
        var (stories, smol) = (Tokenizers.Load(Stories), Tokenizers.Load(SmolLm));
        Assert.Equal((1, 2, true, 512), (stories.BosId, stories.EosId, stories.AddsBos, stories.VocabSize));
        Assert.Equal((1, 2, false, 49152), (smol.BosId, smol.EosId, smol.AddsBos, smol.VocabSize));
        Assert.Equal((" a", "\n", "</s>"), (stories.TokenText(261), stories.TokenText(13), stories.TokenText(2)));
        Assert.Null(stories.ChatTemplate);
        Assert.StartsWith("{% for message in messages %}", smol.ChatTemplate);
    }
}
