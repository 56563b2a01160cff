import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Asks with the JDK's own client as it is, which offers HTTP/2 by an upgrade; prints the status, then the body. */
public class Ask {
  public static void main(String[] arguments) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(arguments[0]))
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(arguments[1]))
        .build();
    var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    System.out.println(answer.statusCode());
    System.out.println(answer.body());
  }
}
