using System.Security.Cryptography;
using System.Text;
using Puzzle.Evaluation.Requests;

namespace Puzzle.Evaluation.Tasks;

/// <summary>A hash of all requests of a task: equal hashes mean that two runs asked the same.</summary>
public static class RequestHash
{
    /// <returns>SHA-256, hexadecimal, lower case.</returns>
    public static string Of(IEnumerable<TaskDocument> documents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var request in documents.SelectMany(document => document.Requests))
        {
            var parts = request switch
            {
                ContinuationRequest pair => [pair.Context, pair.Continuation],
                RollingRequest rolling => [rolling.Text],
                GenerateRequest generate => (string[])[generate.Context, generate.Settings.MaxNewTokens.ToString(), .. generate.Settings.Until],
                _ => [],
            };
            foreach (var part in parts)
            {
                var bytes = Encoding.UTF8.GetBytes(part);
                hash.AppendData(BitConverter.GetBytes(bytes.Length));
                hash.AppendData(bytes);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
