using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests.Addresses;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Trust;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Ensembles;

public sealed class EnsembleEndpointSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_member_votes_as_its_model_answers_alone()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();

        JsonElement answer = await Vote(client);

        string[] alone = [.. await Task.WhenAll(new[] { "a", "b", "c" }.Select(async model =>
            (await client.PostAsync($"/api/v1/models/{model}/classify", EnsembleServer.Image(), Cancellation).Ok()).GetProperty("predictions")[0].GetProperty("label").GetString()!))];
        Assert.Equal(alone, answer.GetProperty("votes").EnumerateArray().Select(vote => vote.GetProperty("label").GetString()));
        Assert.Equal("all", answer.GetProperty("stop").GetString());
        Assert.Equal(12, answer.GetProperty("spent").GetProperty("cost").GetDouble());
    }

    [Fact]
    public async Task The_label_has_the_most_weight_and_its_posterior_is_the_softmax_of_the_scores()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        for (int seed = 0; seed < 8; seed++)
        {
            JsonElement answer = await Vote(client, seed: seed);

            var scores = answer.GetProperty("votes").EnumerateArray()
                .GroupBy(vote => vote.GetProperty("label").GetString()!, vote => vote.GetProperty("weight").GetDouble())
                .ToDictionary(group => group.Key, group => group.Sum());
            string best = scores.MaxBy(score => score.Value).Key;
            double posterior = Math.Exp(scores[best]) / (scores.Values.Sum(Math.Exp) + 4 - scores.Count);
            Assert.Equal(best, answer.GetProperty("label").GetString());
            Assert.Equal(posterior, answer.GetProperty("posterior").GetDouble(), 1e-9);
            Assert.All(answer.GetProperty("decidedBy").EnumerateArray(), member =>
                Assert.Equal(best, answer.GetProperty("votes").EnumerateArray().Single(vote => vote.GetProperty("member").GetString() == member.GetString()).GetProperty("label").GetString()));
        }
    }

    [Fact]
    public async Task With_an_accuracy_the_cheapest_weight_is_asked_first_and_no_member_beyond_it()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();

        JsonElement answer = await Vote(client, "?accuracy=0.7");

        Assert.Equal("a", Assert.Single(answer.GetProperty("votes").EnumerateArray()).GetProperty("member").GetString());
        Assert.Equal(("accuracy", 1.0), (answer.GetProperty("stop").GetString(), answer.GetProperty("spent").GetProperty("cost").GetDouble()));
        Assert.Equal(83.0 / 104, answer.GetProperty("posterior").GetDouble(), 1e-9);
    }

    [Theory]
    [InlineData("5e-324")]
    [InlineData("0.1")]
    [InlineData("0.25")]
    public async Task An_accuracy_that_a_guess_has_takes_one_vote(string accuracy)
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();

        JsonElement answer = await Vote(client, $"?accuracy={accuracy}");

        Assert.Equal("a", Assert.Single(answer.GetProperty("votes").EnumerateArray()).GetProperty("member").GetString());
        Assert.Equal(("accuracy", 1), (answer.GetProperty("stop").GetString(), answer.GetProperty("spent").GetProperty("members").GetInt32()));
    }

    [Fact]
    public async Task Members_that_fail_are_passed_over_whatever_the_accuracy()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        Api.Models.ModelCatalogue models = server.Services.GetRequiredService<Api.Models.ModelCatalogue>();
        await models.Find("a").Engine.StopAsync(Cancellation);

        JsonElement answer = await Vote(client, "?accuracy=0.1");
        await models.Find("b").Engine.StopAsync(Cancellation);
        await models.Find("c").Engine.StopAsync(Cancellation);

        Assert.Equal("b", Assert.Single(answer.GetProperty("votes").EnumerateArray()).GetProperty("member").GetString());
        await client.PostAsync($"{EnsembleServer.Classify}?accuracy=0.1", EnsembleServer.Image(), Cancellation).Problem(ProblemKinds.Stopping);
    }

    [Fact]
    public async Task An_accuracy_that_the_votes_do_not_reach_is_refused_with_the_best_label()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        int seed = await SeedOfDisagreement(client);

        JsonElement problem = await client.PostAsync($"{EnsembleServer.Classify}?accuracy=0.999", EnsembleServer.Image(seed), Cancellation).Problem(ProblemKinds.AccuracyNotReached);

        Assert.Equal(problem.GetProperty("best").GetDouble(), problem.GetProperty("result").GetProperty("posterior").GetDouble());
        Assert.Equal(3, problem.GetProperty("result").GetProperty("votes").GetArrayLength());
    }

    [Fact]
    public async Task An_accuracy_beyond_a_unanimous_vote_is_refused_before_anything_is_solved()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();

        JsonElement problem = await client.PostAsync($"{EnsembleServer.Classify}?accuracy=0.99999", EnsembleServer.Image(), Cancellation).Problem(ProblemKinds.AccuracyNotReached);

        Assert.InRange(problem.GetProperty("best").GetDouble(), 0.99, 0.99999);
        Assert.False(problem.TryGetProperty("result", out _));
    }

    [Fact]
    public async Task Several_images_are_each_voted_on()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        using ByteArrayContent two = Calls.Tensor("2,1,8,8", [.. Testing.Bundles.TinyBundle.Image(1), .. Testing.Bundles.TinyBundle.Image(2)]);

        JsonElement answer = await client.PostAsync(EnsembleServer.Classify, two, Cancellation).Ok();

        string?[] labels = [.. answer.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("label").GetString())];
        Assert.Equal([(await Vote(client, seed: 1)).GetProperty("label").GetString(), (await Vote(client, seed: 2)).GetProperty("label").GetString()], labels);
    }

    [Theory]
    [InlineData("?accuracy=2", "invalid-parameter")]
    [InlineData("?top=3", "unknown-parameter")]
    [InlineData("?deadlineMs=0", "invalid-parameter")]
    public async Task Parameters_are_refused_as_those_of_the_task(string query, string kind)
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();

        await client.PostAsync(EnsembleServer.Classify + query, EnsembleServer.Image(), Cancellation).Problem(ProblemKinds.All.Single(each => each.Name == kind));
    }

    [Theory]
    [InlineData("""{"imageUrl":"https://pictures.example/a.png","accuracy":2}""", "invalid-parameter")]
    [InlineData("""{"imageUrl":"https://pictures.example/a.png","top":3}""", "unknown-parameter")]
    [InlineData("""{"imageUrl":"https://pictures.example/a.png"}""", "image-not-fetched")]
    public async Task Parameters_beside_an_address_are_refused_before_another_server_is_asked(string body, string kind)
    {
        int asked = 0;
        await using var server = new EnsembleServer { Settings = [("Images:AllowedHosts", "pictures.example")] };
        using WebApplicationFactory<Program> watched = server.WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddSingleton(new CheckedConnection(
            (_, _) =>
            {
                asked++;
                return Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
            },
            _ => true))));
        using HttpClient client = watched.CreateClient();

        await client.PostAsync(EnsembleServer.Classify, Json(body), Cancellation).Problem(ProblemKinds.All.Single(each => each.Name == kind));

        Assert.Equal(kind == "image-not-fetched", asked > 0);
    }

    [Fact]
    public async Task Bodies_are_refused_as_those_of_the_task()
    {
        await using var server = new EnsembleServer { Settings = [("Limits:BodyBytes", "1000")] };
        using HttpClient client = server.CreateClient();

        await client.PostAsync(EnsembleServer.Classify, Calls.Bytes(new byte[2000], "image/png"), Cancellation).Problem(ProblemKinds.BodyTooLarge);
        await client.PostAsync(EnsembleServer.Classify, Calls.Bytes([1, 2, 3], "image/png"), Cancellation).Problem(ProblemKinds.UnsupportedImage);
        await client.PostAsync(EnsembleServer.Classify, Calls.Bytes([1, 2, 3], "text/plain"), Cancellation).Problem(ProblemKinds.UnsupportedMediaType);
        await client.PostAsync(EnsembleServer.Classify, Calls.Tensor("1,2,2", 1, 4, 2, 3), Cancellation).Problem(ProblemKinds.TensorShape);
        await client.PostAsync("/api/v1/ensembles/duo/classify", EnsembleServer.Image(), Cancellation).Problem(ProblemKinds.EnsembleNotFound);
    }

    [Fact]
    public async Task Members_that_are_shut_out_leave_a_smaller_ensemble_which_the_answer_says()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        await server.Services.GetRequiredService<Api.Models.ModelCatalogue>().Find("c").Engine.StopAsync(Cancellation);

        JsonElement answer = await Vote(client);

        Assert.Equal(["a", "b"], answer.GetProperty("votes").EnumerateArray().Select(vote => vote.GetProperty("member").GetString()));
        JsonElement missing = Assert.Single(answer.GetProperty("missing").EnumerateArray());
        Assert.Equal(("c", "stopping"), (missing.GetProperty("member").GetString(), missing.GetProperty("problem").GetString()));
    }

    [Fact]
    public async Task Feedback_is_counted_once_and_changes_the_trust_of_those_that_voted()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        JsonElement answer = await Vote(client, "?accuracy=0.7");
        string label = answer.GetProperty("label").GetString()!;

        await Feedback(client, answer, label).Ok();
        await Feedback(client, answer, label).Problem(ProblemKinds.FeedbackRepeated);
        await Feedback(client, answer, label == "star" ? "circle" : "star").Problem(ProblemKinds.FeedbackConflict);

        JsonElement[] members = [.. (await client.GetAsync(EnsembleServer.Trio, Cancellation).Ok()).GetProperty("members").EnumerateArray()];
        Assert.Equal([84, 93, 98], members.Select(member => member.GetProperty("right").GetDouble()));
        Assert.Equal(84 / 105.0, members[0].GetProperty("trust").GetDouble(), 1e-12);
    }

    [Theory]
    [InlineData("""{"answer":"nonesuch","label":"star"}""", "answer-not-found")]
    [InlineData("""{"answer":"nonesuch","label":"cat"}""", "invalid-parameter")]
    [InlineData("""{"answer":"nonesuch"}""", "malformed-request")]
    [InlineData("""{"answer":null,"label":"star"}""", "malformed-request")]
    [InlineData("""{"answer":"a","label":"star","more":1}""", "malformed-request")]
    [InlineData("""{"answer":"\ud800","label":"star"}""", "malformed-request")]
    [InlineData("""{"\ud800":"a"}""", "malformed-request")]
    [InlineData("""{"answer":"a","label":"star","label":"star"}""", "malformed-request")]
    [InlineData("[null]", "malformed-request")]
    [InlineData("[", "malformed-request")]
    [InlineData("null", "malformed-request")]
    [InlineData("", "missing-body")]
    public async Task Feedback_that_cannot_be_counted_is_refused(string body, string kind)
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();

        await client.PostAsync($"{EnsembleServer.Trio}/feedback", Json(body), Cancellation).Problem(ProblemKinds.All.Single(each => each.Name == kind));
    }

    [Theory]
    [InlineData("feedback", """{"answer":"a"}""", "The body has no 'label'; it must be JSON such as {\"answer\":\"…\",\"label\":\"…\"}")]
    [InlineData("feedback", """{"answer":"a","label":"star","more":1}""", "The body has 'more', which is unknown; it must be")]
    [InlineData("feedback", """{"answer":null,"label":"star"}""", "The body has null as 'answer'; it must be")]
    [InlineData("feedback", """["a","star"]""", "The body is no JSON object; it must be")]
    [InlineData("feedback", """{"answer":3,"label":"star"}""", "seen at line 1, byte 12; it must be")]
    [InlineData("feedback", """{"answer":"a","label":"star","label":"star"}""", "Duplicate property 'label'")]
    [InlineData("trust", """{"format":1}""", "The body has no 'members'; it must be")]
    [InlineData("trust", """{"format":1,"members":[{"ensemble":"trio","member":"a","right":1}]}""", "seen at line 1, byte")]
    [InlineData("trust", """{"format":1,"members":[null]}""", "seen at line 1, byte 24; it must be")]
    public async Task Feedback_and_trust_that_are_malformed_say_what_was_sent_and_what_is_taken(string path, string body, string detail)
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        using HttpRequestMessage request = new(path == "trust" ? HttpMethod.Put : HttpMethod.Post, $"{EnsembleServer.Trio}/{path}") { Content = Json(body) };

        JsonElement problem = await client.SendAsync(request, Cancellation).Problem(ProblemKinds.MalformedRequest);

        Assert.Contains(detail, problem.Detail(), StringComparison.Ordinal);
        Assert.DoesNotContain("Deq.", problem.Detail(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trust_is_exported_and_imported()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        const string document = """{"format":1,"members":[{"ensemble":"trio","member":"a","right":7,"wrong":3}]}""";

        await client.PutAsync($"{EnsembleServer.Trio}/trust", Json(document), Cancellation).Ok();
        await client.PutAsync($"{EnsembleServer.Trio}/trust", Json(document), Cancellation).Ok();

        Assert.Equal(document, (await client.GetAsync($"{EnsembleServer.Trio}/trust", Cancellation).Ok()).GetRawText());
        Assert.Equal(new BetaTrust(90, 24).Mean, (await client.GetAsync(EnsembleServer.Trio, Cancellation).Ok()).GetProperty("members")[0].GetProperty("trust").GetDouble(), 1e-12);
        await client.PutAsync($"{EnsembleServer.Trio}/trust", Json(document.Replace("\"a\"", "\"z\"")), Cancellation).Problem(ProblemKinds.InvalidParameter);
        await client.PutAsync($"{EnsembleServer.Trio}/trust", Json(document.Replace("7", "-7")), Cancellation).Problem(ProblemKinds.InvalidParameter);
        await client.PutAsync($"{EnsembleServer.Trio}/trust", Json("""{"format":1,"members":null}"""), Cancellation).Problem(ProblemKinds.MalformedRequest);
    }

    [Theory]
    [InlineData(1.7e308, 0)]
    [InlineData(1e308, 1e308)]
    [InlineData(1e300, 1e300)]
    [InlineData(0, 1e9 + 1)]
    public async Task Counts_beyond_the_range_are_refused_before_anything_is_stored(double right, double wrong)
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        string before = await client.GetStringAsync(EnsembleServer.Trio, Cancellation);
        string document = string.Create(CultureInfo.InvariantCulture, $$"""{"format":1,"members":[{"ensemble":"x","member":"a","right":{{right}},"wrong":{{wrong}}}]}""");

        JsonElement problem = await client.PutAsync($"{EnsembleServer.Trio}/trust", Json(document), Cancellation).Problem(ProblemKinds.InvalidParameter);

        Assert.Contains("from 0 to 1000000000", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, await client.GetStringAsync(EnsembleServer.Trio, Cancellation));
    }

    [Theory]
    [InlineData(1e9, 0)]
    [InlineData(0, 1e9)]
    [InlineData(1e9, 1e9)]
    [InlineData(5e-324, 1e-300)]
    public async Task Counts_at_the_ends_of_their_range_are_described_and_vote(double right, double wrong)
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        string members = string.Join(',', new[] { "a", "b", "c" }.Select(member => string.Create(
            CultureInfo.InvariantCulture, $$"""{"ensemble":"trio","member":"{{member}}","right":{{right}},"wrong":{{wrong}}}""")));

        await client.PutAsync($"{EnsembleServer.Trio}/trust", Json($$"""{"format":1,"members":[{{members}}]}"""), Cancellation).Ok();

        JsonElement described = await client.GetAsync(EnsembleServer.Trio, Cancellation).Ok();
        Assert.All(described.GetProperty("members").EnumerateArray(), member => Assert.InRange(
            member.GetProperty("trust").GetDouble(), member.GetProperty("low").GetDouble() - 1e-9, member.GetProperty("high").GetDouble() + 1e-9));
        Assert.InRange((await Vote(client)).GetProperty("posterior").GetDouble(), 0.25, 1);
    }

    [Theory]
    [InlineData("""{"format":1,"members":[null]}""")]
    [InlineData("""{"format":1,"members":[{"ensemble":null,"member":"a","right":1,"wrong":1}]}""")]
    [InlineData("""{"format":1,"members":[{"ensemble":"trio","member":"a","right":null,"wrong":1}]}""")]
    [InlineData("""{"format":1,"members":[],"members":[]}""")]
    [InlineData("""{"format":1,"members":[{"ensemble":"trio","member":"a","right":1,"right":2,"wrong":1}]}""")]
    public async Task Trust_with_null_or_a_member_twice_is_refused(string body)
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();

        await client.PutAsync($"{EnsembleServer.Trio}/trust", Json(body), Cancellation).Problem(ProblemKinds.MalformedRequest);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("json")]
    public async Task Feedback_and_trust_of_another_type_are_refused_with_the_type_that_is_taken(string type)
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        using ByteArrayContent feedback = new([1]);
        using ByteArrayContent trust = new([1]);
        feedback.Headers.TryAddWithoutValidation("Content-Type", type);
        trust.Headers.TryAddWithoutValidation("Content-Type", type);

        JsonElement ofFeedback = await client.PostAsync($"{EnsembleServer.Trio}/feedback", feedback, Cancellation).Problem(ProblemKinds.UnsupportedMediaType);
        JsonElement ofTrust = await client.PutAsync($"{EnsembleServer.Trio}/trust", trust, Cancellation).Problem(ProblemKinds.UnsupportedMediaType);

        Assert.All([ofFeedback, ofTrust], problem => Assert.Equal("application/json", problem.GetProperty("supported")[0].GetString()));
    }

    [Fact]
    public async Task Belief_is_measured_against_truth()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        JsonElement answer = await Vote(client);
        await Feedback(client, answer, answer.GetProperty("label").GetString()!).Ok();

        string metrics = await client.GetStringAsync("/metrics", Cancellation);

        Assert.Matches("""deq_ensemble_feedback\{[^}]*ensemble="trio"[^}]*\} 1\b""", metrics);
        Assert.Matches("""deq_ensemble_observed\{[^}]*ensemble="trio"[^}]*\} 1\b""", metrics);
        Assert.Equal(answer.GetProperty("posterior").GetDouble(), (await client.GetAsync(EnsembleServer.Trio, Cancellation).Ok()).GetProperty("feedback").GetProperty("believed").GetDouble(), 1e-12);
    }

    private static async Task<int> SeedOfDisagreement(HttpClient client)
    {
        for (int seed = 0; ; seed++)
        {
            if ((await Vote(client, seed: seed)).GetProperty("labels").GetArrayLength() > 1)
            {
                return seed;
            }
        }
    }

    private static Task<JsonElement> Vote(HttpClient client, string query = "", int seed = 1) =>
        client.PostAsync(EnsembleServer.Classify + query, EnsembleServer.Image(seed), Cancellation).Ok();

    private static Task<HttpResponseMessage> Feedback(HttpClient client, JsonElement answer, string label) => client.PostAsync(
        $"{EnsembleServer.Trio}/feedback", Json($$"""{"answer":"{{answer.GetProperty("answer").GetString()}}","label":"{{label}}"}"""), Cancellation);

    private static StringContent Json(string text) => new(text, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
}
