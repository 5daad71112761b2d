using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Runtime.Models;

namespace Deq.Runtime.Specs.Models;

public sealed class StrictJsonSpecs
{
    private static readonly JsonSerializerOptions s_lenient = new() { ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    [Theory]
    [InlineData("[null]", 1, 2)]
    [InlineData("{\"a\":[1,\nnull]}", 2, 1)]
    [InlineData("\uFEFF[[1], // one\n [ null, ] ]", 2, 4)]
    [InlineData("[[], {\"a\":null}, null]", 1, 18)]
    public void An_entry_that_is_null_is_refused_with_its_place(string json, int line, int place)
    {
        JsonException fault = Assert.Throws<JsonException>(() => Read(json));

        Assert.Equal($"an entry of a list is null, at line {line}, byte {place}", JsonFault.TextOf(fault));
    }

    [Fact]
    public void Null_instead_of_the_whole_is_refused() => Assert.Equal("it holds null", JsonFault.TextOf(Assert.Throws<JsonException>(() => Read("null"))));

    [Theory]
    [InlineData("{\"a\":null}")]
    [InlineData("[{\"a\":null}, 1, [], {}]")]
    public void Null_of_a_member_is_for_the_serializer_to_judge(string json) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), Read(json)));

    private static JsonNode Read(string json) => StrictJson.Deserialize<JsonNode>(Encoding.UTF8.GetBytes(json), s_lenient);
}
